"""Whether the consumer is connected and takes jobs, and whether the processes of its pool run.

The main thread writes and the sweeper's thread reads: a worker whose consumer cannot connect, or whose pool stands
still, has a sweeper that runs all the same.
"""

import time
from pathlib import Path
from typing import Any

from celery.bootsteps import StartStopStep
from celery.worker.state import active_requests, reserved_requests

from shared.redis_keys import Key

TICK_INTERVAL = 1.0  # Seconds.
TICK_TIMEOUT = 5.0  # Seconds without a tick after which the consumer counts as disconnected.
START_TIMEOUT = 10.0  # Seconds in which a process of the pool must begin a job that was given to it.
# Seconds. An attempt to connect takes a few seconds, or more if a name server is slow.
STANDSTILL = 60.0

DISCONNECTED = (
    "The worker takes no jobs: its consumer is not connected to the queue. "
    "Its log names the error; check Redis, and what it allows its user."
)
CANCELLED = "The worker takes no jobs: its consumer was told to leave the queue (cancel_consumer). Restart it."
EMPTY = "The worker takes no jobs: its pool has no process. Restart it."
STOPPED = "A process of the worker's pool is stopped (SIGSTOP). Continue it with SIGCONT, or restart the worker."
STUCK = f"A job has waited {START_TIMEOUT:.0f} s for a process of the worker's pool. Restart the worker."
STILL = f"The worker's main thread has stood still for {STANDSTILL:.0f} s. Restart the worker."


class Pulse:
    """What the main thread last told about itself."""

    def __init__(self) -> None:
        self._began_at = self._turned_at = time.monotonic()
        self._ticked_at = float("-inf")
        self._cancelled = False
        self._processes: list[int] = []
        self._waiting: dict[str, float] = {}

    def turn(self) -> None:
        """Note that the main thread runs, connected or not."""
        self._turned_at = time.monotonic()

    def tick(self, consumer: Any) -> None:
        """Note that the consumer is connected, and what it and its pool do."""
        now = self._turned_at = self._ticked_at = time.monotonic()
        self._cancelled = not consumer.task_consumer.consuming_from(Key.QUEUE)
        self._processes = [process.pid for process in consumer.pool._pool._pool]  # noqa: SLF001 - no other access.
        waiting = [request.id for request in reserved_requests if request not in active_requests]
        self._waiting = {job: self._waiting.get(job, now) for job in waiting}

    @property
    def starting(self) -> bool:
        """Whether the worker is so young that it need not take jobs yet."""
        return time.monotonic() - self._began_at < START_TIMEOUT

    def complaint(self) -> str:
        """Return why the worker takes no jobs, or an empty string if it does."""
        if time.monotonic() - self._ticked_at > TICK_TIMEOUT:
            return DISCONNECTED
        return CANCELLED if self._cancelled else self.pool_complaint()

    def standstill(self) -> str:
        """Return what only a restart of the worker would mend, or an empty string, even if Redis is away."""
        return STILL if time.monotonic() - self._turned_at > STANDSTILL else self.pool_complaint()

    def pool_complaint(self) -> str:
        """Return what is wrong with the pool, or an empty string."""
        if self._ticked_at > 0 and not self._processes:
            return EMPTY
        if any(map(_is_stopped, self._processes)):
            return STOPPED
        oldest = min(self._waiting.values(), default=None)
        if oldest is not None and oldest + START_TIMEOUT < self._ticked_at:
            return STUCK
        return ""


PULSE = Pulse()
"""The pulse of this process."""


class PulseStep(StartStopStep):
    """Lets the consumer's loop tick while it is connected: Celery starts and stops its steps with each connection."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:
        """Tick for the first time a second after the loop began: if Redis refuses something, the loop ends before."""
        consumer.hub.call_repeatedly(TICK_INTERVAL, PULSE.tick, consumer)


def _is_stopped(pid: int) -> bool:
    """Tell whether a process is stopped, on Linux: proc(5) has the state after the name, which is in brackets."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state in "Tt"
