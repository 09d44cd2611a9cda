"""How full Redis is, and when to refuse requests so that accepted jobs can still be finished."""

from redis import Redis

from shared.connections.redis_memory import HISTORY_OFF_TIMEOUT, NO_MORE_HISTORY, NO_MORE_REQUESTS, memory_used
from shared.log import get_logger
from shared.outbox.outbox import OutboxFull
from shared.redis_keys import Key

log = get_logger(__name__)


class MemoryShort(OutboxFull):
    """Redis is nearly full: the memory that is left is needed to finish accepted jobs."""

    hint = "Redis is nearly full, and requests are refused so that accepted jobs can be finished. Raise its maxmemory."


class Memory:
    """The last sample of Redis's memory, so that requests need not ask for it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.ratio: float | None = None
        """Used memory as a fraction of maxmemory; None if there is no limit or Redis does not tell."""

    @property
    def short(self) -> bool:
        """Whether too little memory is left to accept requests."""
        return self.ratio is not None and self.ratio >= NO_MORE_REQUESTS

    def check(self) -> None:
        """Raise MemoryShort if too little memory is left."""
        if self.short:
            raise MemoryShort

    def sample(self) -> None:
        """Sample Redis's memory, and log when it becomes short and when it recovers.

        Raises RedisError.
        """
        was_short = self.short
        self.ratio = memory_used(self._redis)
        # Workers set this key too, but none may be running. Above NO_MORE_REQUESTS the API writes no histories anyway.
        if self.ratio is not None and NO_MORE_HISTORY <= self.ratio < NO_MORE_REQUESTS:
            self._redis.set(Key.HISTORY_OFF, 1, ex=HISTORY_OFF_TIMEOUT)
        if self.short and not was_short:
            log.error("memory_short", ratio=self.ratio, hint=MemoryShort.hint)
        if was_short and not self.short:
            log.warning("memory_short_no_more", ratio=self.ratio)
