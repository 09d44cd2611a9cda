"""When jobs depart: drawn so that nobody can tell from the time of one email whether another address has an account."""

import random
from collections import Counter, deque
from statistics import mean

from worker.queue.consumer import LeasedJob

# Seconds from being taken to the departure: long enough to connect to the relay before it, and so different from job to
# job that what is left of a delay by others, such as for a core, cannot be measured.
WAIT = (0.3, 1.1)
MAX_SPREAD = 5.0  # Seconds over which the jobs of a crowd are spread at most.
USED = 0.5  # The part of the connections that a crowd uses, if all of its jobs have an email.
FIRST_GUESS, MAX_TOOK = 0.05, 1.0  # Seconds that an email takes: as long as none was sent, and at most.


class Moments:
    """Draws how long jobs wait. Not thread-safe.

    Jobs of one network or for one address are a crowd. The more of them are in hand, the longer the time over which
    they are spread, with or without emails, so that connections stay free.
    """

    def __init__(self, connections: int, wait: tuple[float, float]) -> None:
        self._connections = connections
        self._least, most = wait
        self._spread = most - self._least
        self._in_hand: Counter[str] = Counter()
        self._took = deque([FIRST_GUESS], maxlen=50)

    def draw(self, leased: LeasedJob, *, has_mail: bool) -> float:
        """Return the seconds until a job that comes into hand ends, or its email is sent."""
        crowds = _crowds(leased)
        self._in_hand.update(crowds)
        size = max(self._in_hand[crowd] for crowd in crowds)
        spread = self._spread and max(self._spread, size * mean(self._took) / (USED * self._connections))
        wait = self._least + random.uniform(0, min(spread, MAX_SPREAD))  # noqa: S311 - what it hides cannot be computed
        return wait if has_mail else wait + random.choice(self._took)  # noqa: S311

    def end(self, leased: LeasedJob) -> None:
        """Note that a job is no longer in hand."""
        self._in_hand.subtract(_crowds(leased))
        for crowd in _crowds(leased):
            if self._in_hand[crowd] <= 0:
                del self._in_hand[crowd]

    def note_mail(self, seconds: float) -> None:
        """Note how long an email took. A job without one ends as late as one of the last emails."""
        self._took.append(min(MAX_TOOK, seconds))


def _crowds(leased: LeasedJob) -> tuple[str, str]:
    return f"lane {leased.lane}", leased.job.address_hash
