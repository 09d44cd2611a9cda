"""One program of the demo: how it is started, what it says, how it ends."""

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
    """One program; `grace` is the seconds that it has for ending by itself."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    grace: float


class PartEnded(DemoError):
    """A program ended though nobody asked it to."""

    def __init__(self, name: str, code: int, log: Path) -> None:
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
        said = "".join(f"\n  {line}" for line in lines) or " nothing."
        self.name, self.log = name, log
        super().__init__(f"The part `{name}` {how}, so everything ends. Its log, {log}, says last:{said}")


class RunningPart:
    """A program that was started; all that it says goes into its log file."""

    def __init__(self, part: Part, *, log: Path, folder: Path) -> None:
        self.part = part
        self.log = log
        with log.open("wb") as output:
            # In a session of its own Ctrl-C does not reach it: the order in which the parts end is ours.
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
        """Return the JSON log lines of level warning and above that came since the last call."""
        *lines, self._unfinished_line = (self._unfinished_line + self._reader.read()).split(b"\n")
        return [line.decode(errors="replace") for line in lines if _is_warning(line)]

    def terminate(self) -> None:
        """Ask the program, and not the processes that it looks after, to end."""
        with suppress(ProcessLookupError):
            self.process.terminate()

    def end(self, deadline: float) -> None:
        """Wait for the program until the deadline (monotonic), then kill whatever is left of its session."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0, deadline - time.monotonic()))
        # macOS says PermissionError where only zombies are left.
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
