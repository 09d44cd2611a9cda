"""A thread that calls a function again and again while its program runs."""

import threading
import time
from collections.abc import Callable

from redis.exceptions import RedisError

from shared.log import get_logger

log = get_logger(__name__)


class Ticker(threading.Thread):
    """Calls `tick` every `interval` seconds, and at the end `last_tick`, by default `tick`. It survives every error.

    It ends when it is stopped, or with the main thread. A daemon thread is killed before its last tick: only for a tick
    that may block and that nobody misses. The processes that granian forks do not run atexit functions.
    """

    def __init__(
        self,
        name: str,
        tick: Callable[[], None],
        last_tick: Callable[[], None] | None = None,
        *,
        interval: float = 1.0,
        daemon: bool = False,
    ) -> None:
        super().__init__(name=name, daemon=daemon)
        self._tick, self._last_tick, self._interval = tick, last_tick or tick, interval
        self._failed = f"{name}_failed"
        self._stopped = self._away = False

    def run(self) -> None:
        """Tick until stopped, or until the main thread ends."""
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
        """Call `work` and log its errors, an outage of Redis only once."""
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
