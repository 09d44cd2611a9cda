"""The folder in which the demo keeps its data from one start to the next."""

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
    """Where each thing lies in the data folder."""

    folder: Path

    @property
    def database(self) -> Path:
        """Name the SQLite file with the users table."""
        return self.folder / "latchkey.sqlite3"

    @property
    def redis(self) -> Path:
        """Name the folder of the Redis server's data."""
        return self.folder / "redis"

    @property
    def logs(self) -> Path:
        """Name the folder of the programs' logs."""
        return self.folder / "logs"


def choose_home(environ: Mapping[str, str]) -> Home:
    """Make the data folder if it is missing: LATCHKEY_HOME, else `.latchkey/` in the project.

    Raises DemoError if it cannot be made.
    """
    home = Home(Path(environ.get("LATCHKEY_HOME") or PROJECT / ".latchkey").expanduser().absolute())
    try:
        # A folder that exists keeps its mode: it is somebody's own choice, and may hold other things.
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
    """Keep a second demo out of the same folder: two Redis servers on one set of files destroy it.

    What the file that is given gets to hold, an address, is told to the second one. Raises DemoError if another demo is
    there.
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
        # What the last demo has left is not true any more.
        lock.truncate(0)
        yield lock


def secret_key(home: Home) -> str:
    """Return the key that signs the demo's links, made at the first start and for its owner's eyes alone."""
    path = home.folder / "secret_key"
    if not path.exists():
        new = path.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(secrets.token_urlsafe(48), encoding="ascii")
        # A start that is killed while it writes must not leave half a key behind.
        new.rename(path)
    return path.read_text(encoding="ascii")
