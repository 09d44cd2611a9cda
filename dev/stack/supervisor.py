"""Runs several programs together: if one exits, all are stopped, and no process is left behind.

honcho is not used: it starts everything at once, stops everything at once by sending SIGTERM to whole process groups,
which kills the worker's pool before the worker, and fails if it is stopped before everything has started.
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
    """Ctrl-C, SIGTERM, or a closed terminal."""


class Supervisor:
    """Starts parts in generations, watches them, and stops them, the last generation first."""

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
        """Make the next check raise StopRequested on Ctrl-C, SIGTERM or a closed terminal."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._request_stop)

    def start(self, *parts: Part) -> None:
        """Start the next generation."""
        generation: list[RunningPart] = []
        self._generations.append(generation)
        for part in parts:
            # Added right after each start, so that it is stopped even if the next one fails to start.
            running = RunningPart(part, log=self.log(part.name), folder=self._folder)
            generation.append(running)

    def log(self, name: str) -> Path:
        """Return the path of a part's log file."""
        return self._logs / f"{name}.log"

    def check(self) -> None:
        """Print new warnings from all parts.

        Raises StopRequested, or PartEnded if a part has exited.
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
        """Call `check` until it raises."""
        while True:
            self.check()
            time.sleep(POLL_INTERVAL)

    def stop(self) -> None:
        """Stop every part; while it stops, it can still reach the parts started before it."""
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
