"""The jobs that wait for their moment."""

import time
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from worker.plans import Plan
from worker.queue.consumer import LeasedJob


@dataclass(frozen=True)
class Departure:
    """A job, and the moment at which it ends or its email is sent. Both times are monotonic."""

    moment: float
    leased: LeasedJob
    plan: Plan
    taken_at: float


class Timetable:
    """Departures, ordered by their moments. Not thread-safe."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, Departure]] = []
        self._numbers = count()

    def add(self, departure: Departure) -> None:
        """Add a departure."""
        heappush(self._waiting, (departure.moment, next(self._numbers), departure))

    def due(self) -> list[Departure]:
        """Remove and return the departures whose moment has come."""
        due = []
        while self.seconds_to_next() == 0:
            due.append(heappop(self._waiting)[-1])
        return due

    def seconds_to_next(self) -> float | None:
        """Return the seconds until the next departure, or None if there is none."""
        return max(0.0, self._waiting[0][0] - time.monotonic()) if self._waiting else None

    def clear(self) -> list[Departure]:
        """Remove and return all departures."""
        waiting, self._waiting = self._waiting, []
        return [departure for *_, departure in waiting]
