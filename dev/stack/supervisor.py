"""Programs that run together: all of them or none, and nothing left behind.

Why not honcho: it starts everything at once, ends everything at once with a SIGTERM to whole process groups,
which takes the worker's pool from under it, and fails when it is stopped before everything has started.
"""

import signal
import time
from pathlib import Path
from types import FrameType
from typing import Self

from dev.stack.part import Part, PartEnded, RunningPart

POLL_INTERVAL = 0.05
"""Seconds."""


class StopRequested(Exception):
    """Somebody pressed Ctrl-C, ended the process or closed the terminal."""


class Supervisor:
    """Starts parts in generations, watches them, and ends them, the last generation first."""

    def __init__(self, *, folder: Path, logs: Path) -> None:
        self._folder = folder
        self._logs = logs
        self._generations: list[list[RunningPart]] = []
        self._stop_requested = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def listen_for_signals(self) -> None:
        """Let the next check notice Ctrl-C, SIGTERM or a closed terminal, which end nothing any more."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._request_stop)

    def start(self, *parts: Part) -> None:
        """Start the next generation."""
        generation: list[RunningPart] = []
        self._generations.append(generation)
        for part in parts:
            # One at a time, so that those which run are ended even if the next cannot be started.
            running = RunningPart(part, log=self.log(part.name), folder=self._folder)
            generation.append(running)

    def log(self, name: str) -> Path:
        """Name the file that holds all that a part has said since its start."""
        return self._logs / f"{name}.log"

    def check(self) -> None:
        """Show new warnings of all parts.

        Raises StopRequested, and PartEnded if a part is gone.
        """
        for running in self._running():
            for line in running.new_warnings():
                print(f"{running.part.name}: {line}", flush=True)
        if self._stop_requested:
            raise StopRequested
        for running in self._running():
            if (code := running.process.poll()) is not None:
                raise PartEnded(running.part.name, code, running.log)

    def watch(self) -> None:
        """Check until it is time to end."""
        while True:
            self.check()
            time.sleep(POLL_INTERVAL)

    def stop(self) -> None:
        """End every part, so that each can still reach those that were started before it."""
        while self._generations:
            generation = self._generations.pop()
            for running in generation:
                running.terminate()
            asked_at = time.monotonic()
            for running in generation:
                running.end(asked_at + running.part.grace)

    def _running(self) -> list[RunningPart]:
        return [running for generation in self._generations for running in generation]

    def _request_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_requested = True
