"""A program under measurement: its CPU time and memory as the operating system counts them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

MEGABYTE = 1_000_000


class Program:
    """A program and its processes, from start to stop."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, env=os.environ | environ, stdout=output, stderr=output, start_new_session=True
            )
        self._log = log

    def cpu(self) -> float:
        """Seconds of CPU that its processes have used, user and system."""
        return cpu_seconds(self._processes())

    def memory(self) -> float:
        """Megabytes that its processes hold, what they share counted once."""
        return float(sum(process.memory_full_info().pss for process in self._processes())) / MEGABYTE

    def _processes(self) -> list[psutil.Process]:
        process = psutil.Process(self._process.pid)
        return [process, *process.children(recursive=True)]

    def check(self) -> None:
        """Raise RuntimeError if it has ended."""
        if self._process.poll() is not None:
            raise RuntimeError(f"{self._log.stem} has ended: {self._log.read_text()[-2000:]}")

    def listens(self, port: int) -> bool:
        """Tell whether it listens there; raise RuntimeError if it has ended."""
        self.check()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def end(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def stop(self) -> None:
        """End it and what it started, and wait until it is gone."""
        children = self._processes()[1:] if self._process.poll() is None else []
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()


def python(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module with this Python."""
    return [sys.executable, "-m", module, *arguments]


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """Sum the seconds of CPU, user and system, that processes have used.

    Read from their CPU clocks, to the nanosecond; psutil's figures come in steps of 10 ms, which hide a short run.
    The id of such a clock is made as clock_getcpuclockid(3) does on Linux.
    """
    return sum(time.clock_gettime(~process.pid << 3 | 2) for process in processes)
