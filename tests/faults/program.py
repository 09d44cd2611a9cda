"""One of our programs under a small supervisor, which restarts it whenever it exits."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

LOOK = 0.1  # Seconds between checks that it still runs: the attack tests keep a dozen programs for minutes.
RESTART_AFTER = 0.2  # Seconds.
GRACE = 45.0  # Seconds, as docs/production.md recommends.


@dataclass(frozen=True)
class Exit:
    """One exit of the program that `stop` did not cause."""

    at: float
    code: int


class Program:
    """`python -m NAME`, until `stop`."""

    def __init__(self, name: str, environ: Mapping[str, str], log: Path) -> None:
        self._command = [sys.executable, "-m", name]
        self._environ = dict(environ)
        self._log = log.open("ab")
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=name, daemon=True)
        self.exits: list[Exit] = []
        self._process = self._start()
        self._thread.start()

    def _start(self) -> subprocess.Popen[bytes]:
        # In its own session, so that Ctrl-C does not reach it and all of its processes can be killed at once.
        return subprocess.Popen(
            self._command, env=self._environ, stdout=self._log, stderr=self._log, start_new_session=True
        )

    def _watch(self) -> None:
        while not self._stopped.wait(LOOK):
            code = self._process.poll()
            if code is None:
                continue
            self.exits.append(Exit(time.monotonic(), code))
            # Children that outlive their parent would go on unsupervised; systemd and Docker kill them too.
            self._kill_group()
            if not self._stopped.wait(RESTART_AFTER):
                self._process = self._start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def children(self) -> list[int]:
        with suppress(psutil.NoSuchProcess):
            children = psutil.Process(self.pid).children(recursive=True)
            return [child.pid for child in children if child.status() != psutil.STATUS_ZOMBIE]
        return []

    def pids(self) -> list[int]:
        """List the main process and its children."""
        return [self.pid, *self.children()]

    def terminate(self) -> float:
        """Send SIGTERM, and return the time."""
        moment = time.monotonic()
        self._process.terminate()
        return moment

    def kill_all(self) -> None:
        """Kill the main process and its children at once."""
        self._kill_group()

    def stop(self, grace: float = GRACE) -> None:
        """Stop the program permanently."""
        self._stopped.set()
        self._thread.join(2)
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(grace)
        self._kill_group()
        self._process.wait()
        self._log.close()

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
