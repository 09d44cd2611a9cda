"""A thread that does something once a second, as long as its program lives."""

import threading
import time
from collections.abc import Callable

from redis.exceptions import RedisError

from shared.log import get_logger

log = get_logger(__name__)


class Ticker(threading.Thread):
    """Calls `tick` once a second, and `last_tick`, or `tick` again, in the end. It survives every error.

    It ends when it is stopped, or with the main thread. A daemon thread would be cut off there, before its last tick,
    and atexit is not asked in the processes that granian forks.
    """

    def __init__(self, name: str, tick: Callable[[], None], last_tick: Callable[[], None] | None = None) -> None:
        super().__init__(name=name, daemon=False)
        self._tick, self._last_tick, self._interval = tick, last_tick or tick, 1.0
        self._failed = f"{name}_failed"
        self._stopped = self._away = False

    def run(self) -> None:
        """Tick until the end."""
        main = threading.main_thread()
        while main.is_alive() and not self._stopped:
            next_at = time.monotonic() + self._interval
            self.attempt(self._tick)
            main.join(max(0.0, next_at - time.monotonic()))
        self.attempt(self._last_tick)

    def stop(self) -> None:
        """Let the thread end after the current tick and the last one, without waiting for it."""
        self._stopped = True

    def attempt(self, work: Callable[[], None]) -> None:
        """Do it, and log what goes wrong; an outage of Redis only once."""
        try:
            work()
        except RedisError as error:
            if not self._away:
                log.warning("redis_away", error=type(error).__name__)
            self._away = True
        except Exception as error:
            log.error(self._failed, error=type(error).__name__, exc_info=error)
        else:
            self._away = False
