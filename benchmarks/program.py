"""Runs a program and measures its CPU time and memory."""

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
    """A program and its child processes."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, env=os.environ | environ, stdout=output, stderr=output, start_new_session=True
            )
        self._log = log

    def cpu(self) -> float:
        """Return the seconds of CPU, user and system, used by its processes."""
        return cpu_seconds(self._processes())

    def memory(self) -> float:
        """Return the megabytes used by its processes, counting shared memory once."""
        return float(sum(process.memory_full_info().pss for process in self._processes())) / MEGABYTE

    def _processes(self) -> list[psutil.Process]:
        process = psutil.Process(self._process.pid)
        return [process, *process.children(recursive=True)]

    def check(self) -> None:
        """Raise RuntimeError if the program has exited."""
        if self._process.poll() is not None:
            raise RuntimeError(f"{self._log.stem} has exited: {self._log.read_text()[-2000:]}")

    def listens(self, port: int) -> bool:
        """Tell whether it listens on the port; raise RuntimeError if it has exited."""
        self.check()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def end(self) -> None:
        """Send SIGTERM without waiting."""
        self._process.terminate()

    def stop(self) -> None:
        """Stop it and its child processes, and wait until it has exited."""
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
    """Return the command line that runs a module with this Python."""
    return [sys.executable, "-m", module, *arguments]


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """Return the total seconds of CPU, user and system, used by the processes.

    Read from their CPU clocks, which count nanoseconds; psutil's steps of 10 ms are too coarse for a short run. The
    clock id is computed the way clock_getcpuclockid(3) does on Linux.
    """
    return sum(time.clock_gettime(~process.pid << 3 | 2) for process in processes)
