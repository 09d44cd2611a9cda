"""The worker's state file, and `python -m worker alive`, which reads it: a check of life that needs no Redis.

A worker that waits for Redis is alive, because a restart would not help it. `/readyz` and the metrics of the API tell
which workers take jobs.
"""

import json
import os
import stat
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import click

from shared.cli.terminal import CommandFailed, say
from shared.log import get_logger
from shared.ticker import Ticker
from worker.settings.settings import AliveSettings

FRESH = 30.0  # Seconds.
MAX_BYTES = 4096

log = get_logger(__name__)


def state_path(setting: str) -> Path:
    """Return the path of the file by WORKER_STATE_PATH."""
    return Path(setting or Path(tempfile.gettempdir()) / "latchkey-worker.json")


class StateFile(Ticker):
    """Writes the state file once a second: the time, and why only a restart would help, if so.

    The file is replaced as a whole, so that nobody reads half of it.
    """

    def __init__(self, path: Path, complaint: Callable[[], str]) -> None:
        super().__init__("state_file", self.write, self.remove)
        self._path, self._complaint, self._warned = path, complaint, False

    def write(self) -> None:
        """Write the file. If that fails, log it once: the worker can do without."""
        # The clock counts from the machine's start for all of its processes, and nobody sets it.
        state = {"at": time.monotonic(), "complaint": self._complaint()}
        try:
            self._replace(json.dumps(state))
        except OSError as error:
            if not self._warned:
                hint = f"Let WORKER_STATE_PATH name a file that can be written, for `alive`, not {self._path}."
                log.warning("state_file_not_written", error=type(error).__name__, hint=hint)
            self._warned = True

    def _replace(self, text: str) -> None:
        # Under a name that nobody can guess: in a shared folder, another user could occupy it.
        number, new = tempfile.mkstemp(prefix=f"{self._path.name}.", dir=self._path.parent)
        try:
            with os.fdopen(number, "w") as file:
                file.write(text)
            Path(new).replace(self._path)
        except OSError:
            Path(new).unlink()
            raise

    def remove(self) -> None:
        """Remove the file."""
        with suppress(OSError):
            self._path.unlink()


class NotOurs(Exception):
    """The file is not a regular one, or belongs to another user, who may have forged it."""


def _read_own(path: Path) -> bytes:
    """Read a regular file of this user, at most MAX_BYTES of it.

    Raises NotOurs, or OSError.
    """
    # O_NONBLOCK: a pipe in the file's place would otherwise never be opened.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise NotOurs
        return file.read(MAX_BYTES)


@click.command()
def alive() -> None:
    """Check that the worker of this machine or container is alive, without Redis: status 0 or 1, and a sentence."""
    path = state_path(AliveSettings.load().worker_state_path)
    try:
        state = json.loads(_read_own(path))
        age, complaint = time.monotonic() - state["at"], state["complaint"]
    except NotOurs:
        raise CommandFailed(f"{path} is not a file of this user. Run this as the worker's user.") from None
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        raise CommandFailed(f"No worker runs here: there is no {path}.") from None
    if not 0 <= age <= FRESH:
        raise CommandFailed(f"The worker does not live: it last wrote {path} more than {FRESH:.0f} s ago.")
    if complaint:
        raise CommandFailed(complaint)
    say("The worker lives.")
