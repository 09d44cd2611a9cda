"""What a server process does beside its requests, once a second."""

import threading

from redis.exceptions import RedisError

from api.ops.counters import Counters
from api.ops.memory import Memory
from shared.log import get_logger

TICK = 1.0  # Seconds.

log = get_logger(__name__)


class Watch(threading.Thread):
    """Publishes what the process counted and looks at Redis's memory. It outlives every failure of Redis.

    It ends with the main thread, after a last look. A daemon thread would be cut off there, and atexit is not asked in
    the processes that granian forks.
    """

    def __init__(self, memory: Memory, counters: Counters) -> None:
        super().__init__(name="watch", daemon=False)
        self._memory = memory
        self._counters = counters
        self._away = False

    def run(self) -> None:
        """Tick until the process ends, and once more."""
        main = threading.main_thread()
        while main.is_alive():
            self.tick()
            main.join(TICK)
        self.tick()

    def tick(self) -> None:
        """Publish and look."""
        try:
            self._counters.publish()
            self._memory.sample()
        except RedisError as error:
            self._report_away(type(error).__name__)
        except Exception as error:
            log.error("watch_failed", error=type(error).__name__, exc_info=error)
        else:
            self._away = False

    def _report_away(self, error: str) -> None:
        if not self._away:
            log.warning("redis_away", error=error)
        self._away = True
