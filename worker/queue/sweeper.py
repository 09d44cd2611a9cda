"""The sweeper: once a second, puts jobs back that are due or were lost with a worker, and calls a worker if jobs wait.

Every worker has one, but only the owner of a lock sweeps. It renews the lock each second; three seconds after the owner
has died, another worker takes over.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from shared.connections.redis_memory import NO_MORE_HISTORY, memory_used
from shared.log import get_logger
from shared.outbox.outbox import Outbox
from shared.redis_keys import MICROSECONDS
from shared.ticker import Ticker
from worker.handlers import NOTICE_MAX_AGE
from worker.queue.consumer import worker_script
from worker.queue.heartbeat import Heartbeat
from worker.queue.memory_relief import MemoryRelief

MAX_SWEEPS = 20  # Per tick.
MAX_LOST_LEASES = 5  # Of one job; after that it is buried, as the likely cause.
MAX_AGAIN = 100  # Due jobs that wait to be taken: a second's work or less.
MAX_WAIT = 0.5  # The part of the maximum age for which a request may have to wait for a worker.

log = get_logger(__name__)


class Swept(NamedTuple):
    """The number of jobs that one sweep dropped as too old, put back, by reason, and buried.

    waiting: jobs that are due but have no place yet.
    """

    dropped: int
    due: int
    lost_leases: int
    buried: int
    waiting: int


class Sweeper(Ticker):
    """Runs in the worker's main process, started after its other processes: see docs/decisions/outbox-and-worker.md.

    max_age: seconds after which requests for a link are dropped.
    failures: tells which probes of the worker fail, to be sent with the heartbeat.
    limit: jobs of a kind in one sweep. 100 take 5 ms of Redis's time; 2,000 would block it for 84 ms.
    pause: seconds between two sweeps of one tick.
    """

    def __init__(
        self,
        outbox: Outbox,
        max_age: float,
        failures: Callable[[], Mapping[str, str]] = dict,
        *,
        limit: int = 100,
        pause: float = 0.05,
    ) -> None:
        self._heartbeat = Heartbeat(outbox)
        super().__init__("sweeper", self.tick, self._heartbeat.stop)
        self._redis = outbox.redis
        self._failures = failures
        self._sweep = worker_script(outbox, "sweep")
        self._limit, self._pause = limit, pause
        times = [int(seconds * MICROSECONDS) for seconds in (max_age, NOTICE_MAX_AGE, max_age * MAX_WAIT)]
        self._arguments = [limit, *times, MAX_LOST_LEASES, MAX_AGAIN]
        self._relief = MemoryRelief(outbox.redis)

    def tick(self) -> None:
        """Send the heartbeat, and sweep unless another worker does."""
        used = memory_used(self._redis) or 0
        short = used >= NO_MORE_HISTORY
        if self._heartbeat.beat(self._failures(), memory_short=short):
            self.sweep()
            if short:
                self._relief.relieve(used)

    def sweep(self) -> None:
        """Sweep until nothing is left to put back or to drop, at most MAX_SWEEPS times."""
        for _ in range(MAX_SWEEPS):
            swept = self.sweep_once()
            if swept.dropped:
                log.error("dropped_too_old", jobs=swept.dropped)
            if swept.lost_leases:
                log.warning("swept", lost_leases=swept.lost_leases)
            if swept.buried:
                log.error("buried", reason="lost its worker too often", jobs=swept.buried)
            if not swept.waiting and max(swept.dropped, swept.lost_leases) < self._limit:
                return
            time.sleep(self._pause)

    def sweep_once(self) -> Swept:
        """Put back jobs that are due or whose worker died, and call a worker if jobs wait."""
        return Swept(*self._sweep(args=[*self._arguments, secrets.token_hex(16)]))
