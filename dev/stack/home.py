"""The folder where the demo keeps its data between starts."""

import fcntl
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from dev.errors import DemoError
from dev.stack.ports import other_ports
from dev.terminal.command_line import start_with

PROJECT = Path(__file__).resolve().parents[2]
ELSEWHERE = "~/latchkey"


@dataclass(frozen=True)
class Home:
    """The paths in the data folder."""

    folder: Path

    @property
    def database(self) -> Path:
        """The SQLite file with the users table."""
        return self.folder / "latchkey.sqlite3"

    @property
    def redis(self) -> Path:
        """The data folder of the Redis server."""
        return self.folder / "redis"

    @property
    def logs(self) -> Path:
        """The folder with the programs' logs."""
        return self.folder / "logs"


def choose_home(environ: Mapping[str, str]) -> Home:
    """Return the data folder, LATCHKEY_HOME or else `.latchkey/` in the project, and create it if needed.

    Raises DemoError if it cannot be created.
    """
    home = Home(Path(environ.get("LATCHKEY_HOME") or PROJECT / ".latchkey").expanduser().absolute())
    try:
        # An existing folder keeps its mode: the user chose it, and it may hold other files.
        home.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.redis.mkdir(mode=0o700, exist_ok=True)
        home.logs.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        elsewhere = start_with(environ, LATCHKEY_HOME=ELSEWHERE)
        raise DemoError(
            f"Cannot write to {home.folder} ({error.strerror}). Choose another folder: {elsewhere}"
        ) from error
    return home


@contextmanager
def locked(home: Home, environ: Mapping[str, str]) -> Iterator[TextIO]:
    """Lock the folder against a second demo: two Redis servers would corrupt each other's files.

    The caller writes the demo's address to the yielded file, for the error message of a second demo.
    Raises DemoError if another demo is running.
    """
    with (home.folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            address = lock.readline()
            where = f"{home.folder}, at {address}" if address else f"{home.folder}"
            elsewhere = start_with(environ, LATCHKEY_HOME=ELSEWHERE, **other_ports(environ))
            raise DemoError(
                f"A demo is already running in {where}. Stop it, or choose another folder and ports: {elsewhere}"
            ) from error
        # The previous demo's address is out of date.
        lock.truncate(0)
        yield lock


def secret_key(home: Home) -> str:
    """Return the key that signs the demo's links; it is created on the first start and readable by its owner only."""
    path = home.folder / "secret_key"
    if not path.exists():
        new = path.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(secrets.token_urlsafe(48), encoding="ascii")
        # Renamed into place, so that a start that is killed leaves no half-written key.
        new.rename(path)
    return path.read_text(encoding="ascii")
