"""One program of the demo: starting it, reading its log, and stopping it."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dev.errors import DemoError

LAST_LINES = 15


@dataclass(frozen=True)
class Part:
    """A program to run; `grace` is the number of seconds it has to exit after SIGTERM."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    grace: float


class PartEnded(DemoError):
    """A program exited without being asked to."""

    def __init__(self, name: str, code: int, log: Path) -> None:
        how = f"was killed by signal {-code}" if code < 0 else f"exited with code {code}"
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
        said = "".join(f"\n  {line}" for line in lines) or " (empty)"
        self.name, self.log = name, log
        super().__init__(f"`{name}` {how}, so the demo is stopping. Last lines of {log}:{said}")


class RunningPart:
    """A started program; its output goes to a log file."""

    def __init__(self, part: Part, *, log: Path, folder: Path) -> None:
        self.part = part
        self.log = log
        with log.open("wb") as output:
            # A new session keeps Ctrl-C away from it, so that the supervisor decides the order of stopping.
            self.process = subprocess.Popen(
                part.command,
                cwd=folder,
                env=dict(part.environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._reader = log.open("rb")
        self._unfinished_line = b""

    def new_warnings(self) -> list[str]:
        """Return the JSON log lines of level warning or above written since the last call."""
        *lines, self._unfinished_line = (self._unfinished_line + self._reader.read()).split(b"\n")
        return [line.decode(errors="replace") for line in lines if _is_warning(line)]

    def terminate(self) -> None:
        """Send SIGTERM to the program, but not to its child processes."""
        with suppress(ProcessLookupError):
            self.process.terminate()

    def end(self, deadline: float) -> None:
        """Wait for the program until the deadline (monotonic), then kill the rest of its session."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0, deadline - time.monotonic()))
        # macOS raises PermissionError if only zombies are left.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._reader.close()


def _is_warning(line: bytes) -> bool:
    try:
        record = json.loads(line)
    except ValueError:
        return False
    return isinstance(record, dict) and str(record.get("level")).lower() in {"warning", "error", "critical"}
