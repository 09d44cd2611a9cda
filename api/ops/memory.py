"""Room to drain: how full Redis is, and from when on nothing more is accepted."""

from redis import Redis

from shared.connections.redis_memory import HISTORY_OFF_TIMEOUT, NO_MORE_HISTORY, NO_MORE_REQUESTS, memory_used
from shared.log import get_logger
from shared.outbox.outbox import OutboxFull
from shared.redis_keys import Key

log = get_logger(__name__)


class MemoryShort(OutboxFull):
    """Redis is nearly full: what room it has belongs to what was accepted."""


class Memory:
    """The memory of Redis as it was last looked at, so that a request need not ask."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.ratio: float | None = None
        """Memory in use by the memory that Redis may use; None where it has no limit, or tells nothing."""

    @property
    def short(self) -> bool:
        """Tell whether too little is left to accept more."""
        return self.ratio is not None and self.ratio >= NO_MORE_REQUESTS

    def check(self) -> None:
        """Raise MemoryShort where too little is left."""
        if self.short:
            raise MemoryShort

    def sample(self) -> None:
        """Look at it anew, and log when it becomes short and when it no longer is.

        Raises RedisError.
        """
        was_short = self.short
        self.ratio = memory_used(self._redis)
        # Workers say so too, but there may be none; and once nothing is accepted, no history is written here.
        if self.ratio is not None and NO_MORE_HISTORY <= self.ratio < NO_MORE_REQUESTS:
            self._redis.set(Key.HISTORY_OFF, 1, ex=HISTORY_OFF_TIMEOUT)
        if self.short and not was_short:
            log.error("memory_short", ratio=self.ratio, hint="No requests are accepted. Give Redis more maxmemory.")
        if was_short and not self.short:
            log.warning("memory_short_no_more", ratio=self.ratio)
