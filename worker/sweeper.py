"""The sweeper: puts back what was accepted and not finished, once a second, beside the worker's own work."""

import threading
from contextlib import suppress

from celery import bootsteps
from redis import Redis
from redis.exceptions import RedisError

from shared.jobs import HEARTBEAT_KEY
from shared.log import get_logger
from shared.outbox import Outbox

TICK = 1.0  # Seconds.
LIMIT = 100  # Jobs of a kind in one script: 5 ms of Redis. 2,000 would block it for 84 ms.
MOST_SWEEPS = 20  # In one tick.
HEARTBEAT = 10  # Seconds that a worker counts as alive.

log = get_logger(__name__)


class Sweeper(threading.Thread):
    """A daemon thread of the worker's main process. It outlives every failure of Redis."""

    def __init__(self, redis: Redis, outbox: Outbox) -> None:
        super().__init__(name="sweeper", daemon=True)
        self._redis = redis
        self._outbox = outbox
        self._stopped = threading.Event()
        self._away = False

    def run(self) -> None:
        """Sweep until stopped, then take back the sign of life; another worker would set it again within a second."""
        while not self._stopped.is_set():
            try:
                self.tick()
            except RedisError as error:
                self._report_away(type(error).__name__)
            except Exception as error:
                log.error("sweeper_failed", error=type(error).__name__, exc_info=error)
            else:
                self._away = False
            self._stopped.wait(TICK)
        with suppress(RedisError):
            self._redis.delete(HEARTBEAT_KEY)

    def tick(self) -> None:
        """Show that a worker lives, and put back what is to be put back."""
        self._redis.set(HEARTBEAT_KEY, 1, ex=HEARTBEAT)
        for _ in range(MOST_SWEEPS):
            swept = self._outbox.sweep(LIMIT)
            if swept.lost_leases or swept.lost_messages:
                log.warning("swept", lost_leases=swept.lost_leases, lost_messages=swept.lost_messages)
            if swept.buried:
                log.error("buried", reason="lost its worker too often", jobs=swept.buried)
            if max(swept.due, swept.lost_leases, swept.lost_messages) < LIMIT:
                return
            self._stopped.wait(0.01)

    def stop(self) -> None:
        """Let the current tick end."""
        self._stopped.set()

    def _report_away(self, error: str) -> None:
        if not self._away:
            log.warning("redis_away", error=error)
        self._away = True


def sweeper_step(sweeper: Sweeper) -> type[bootsteps.StartStopStep]:
    """Return the step that starts and stops the sweeper with the worker."""

    class SweeperStep(bootsteps.StartStopStep):
        """Runs beside the pool, in the main process."""

        def start(self, _worker: object) -> None:
            sweeper.start()

        def stop(self, _worker: object) -> None:
            sweeper.stop()

        terminate = stop

    return SweeperStep
