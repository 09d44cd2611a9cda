"""The sweeper: puts back what was accepted and not finished, once a second, beside the worker's own work.

Every worker has one, and a lock lets one of them sweep. Who holds it renews it each second; three seconds after that
one died, another takes over.
"""

import secrets
import threading
import time
from contextlib import suppress
from importlib.resources import files

from celery import bootsteps
from redis import Redis
from redis.exceptions import RedisError

from shared.connections.redis_memory import HISTORY_OFF_KEY, NO_MORE_HISTORY, memory_used
from shared.log import get_logger
from shared.outbox.jobs import HEARTBEAT_KEY
from shared.outbox.outbox import Outbox
from worker.handlers import NOTICE_MAX_AGE

TICK = 1.0  # Seconds.
LIMIT = 100  # Jobs of a kind in one script: 5 ms of Redis. 2,000 would block it for 84 ms.
MOST_SWEEPS, BREATH = 20, 0.05  # In one tick, with so many seconds between them: until the next one.
HEARTBEAT = 10  # Seconds that a worker counts as alive.
LOCK = 3000  # Milliseconds.
HISTORIES = 5000  # Keys looked at in a tick, to delete the histories among them when memory is short.

log = get_logger(__name__)


class Sweeper(threading.Thread):
    """A daemon thread of the worker's main process. It outlives every failure of Redis."""

    def __init__(self, redis: Redis, max_age: float) -> None:
        super().__init__(name="sweeper", daemon=True)
        self._redis = redis
        self._outbox = Outbox(redis)
        self._ages = (max_age, NOTICE_MAX_AGE)
        self._name = secrets.token_hex(8)
        self._lead = self._outbox.script((files("worker.queue") / "lua" / "elect.lua").read_text(), draining=True)
        self._stopped = threading.Event()
        self._away = False
        self._cursor = 0

    def run(self) -> None:
        """Sweep until stopped, then take back the sign of life; another worker would set it again within a second."""
        while not self._stopped.is_set():
            next_at = time.monotonic() + TICK
            try:
                self.tick()
            except RedisError as error:
                self._report_away(type(error).__name__)
            except Exception as error:
                log.error("sweeper_failed", error=type(error).__name__, exc_info=error)
            else:
                self._away = False
            self._stopped.wait(max(0.0, next_at - time.monotonic()))
        with suppress(RedisError):
            self._redis.delete(HEARTBEAT_KEY)

    def tick(self) -> None:
        """Show that a worker lives, and sweep unless another one does."""
        short = (memory_used(self._redis) or 0) >= NO_MORE_HISTORY
        if self._lead(args=[self._name, LOCK, HEARTBEAT, int(short)]):
            self.sweep()
            if short:
                self._delete_histories()

    def _delete_histories(self) -> None:
        """Go on through all keys where the last tick ended."""
        self._cursor, keys = self._redis.scan(self._cursor, "history:*", HISTORIES)
        if histories := [key for key in keys if key != HISTORY_OFF_KEY]:
            self._redis.unlink(*histories)

    def sweep(self) -> None:
        """Put back what is to be put back, and drop what is too old."""
        for _ in range(MOST_SWEEPS):
            swept = self._outbox.sweep(LIMIT, ages=self._ages)
            if swept.dropped:
                log.error("dropped_too_old", jobs=swept.dropped)
            if swept.lost_leases or swept.lost_messages:
                log.warning("swept", lost_leases=swept.lost_leases, lost_messages=swept.lost_messages)
            if swept.buried:
                log.error("buried", reason="lost its worker too often", jobs=swept.buried)
            if not swept.waiting and max(swept.dropped, swept.lost_leases, swept.lost_messages) < LIMIT:
                return
            self._stopped.wait(BREATH)

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
        """Runs beside the pool, in the main process, once there are all processes."""

        requires = ("celery.worker.components:Pool",)

        def start(self, _worker: object) -> None:
            sweeper.start()

        def stop(self, _worker: object) -> None:
            sweeper.stop()

        terminate = stop

    return SweeperStep
