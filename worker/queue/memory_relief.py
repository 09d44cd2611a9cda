"""What gives way while Redis's memory is short, in order, so that requests are still accepted.

Everything that a stranger can make grow: first histories, then what is remembered of addresses whose quota is not used
up, and then counters of clients that have hardly begun. What is used up stays until it expires, because it holds a
flood back.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from redis import Redis

from shared.connections.redis_memory import FEWER_ADDRESSES, FEWER_CLIENTS
from shared.redis_keys import Key

MAX_SCANNED = 5000  # Keys in one step, which takes 5 ms of Redis's time.
# Steps of a tick, from FEWER_ADDRESSES on. A flood then adds about 6 % of maxmemory while all keys are searched once,
# whatever maxmemory is, and FEWER_ADDRESSES leaves room for 10 %: at 1,300 requests a second of 0.5 kB each. A tenth of
# the steps would let it add 60 %.
MAX_STEPS = 10
# A client's counter goes while less than this share of the limit is spent: a tenth costs a flood many requests for each
# counter that stays, and lets a client go little beyond its limit.
LITTLE = 0.1


class MemoryRelief:
    """Searches Redis bit by bit for what it can do without, continuing where the last call ended."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._cursor = 0

    def relieve(self, used: float) -> None:
        """Delete what gives way if this fraction of the memory is used."""
        for _ in range(MAX_STEPS if used >= FEWER_ADDRESSES else 1):
            self._cursor, keys = self._redis.scan(self._cursor, count=MAX_SCANNED)
            if expendable := list(self._expendable(keys, used)):
                self._redis.unlink(*expendable)
            if not self._cursor:
                return

    def _expendable(self, keys: list[Any], used: float) -> Iterator[str]:
        yield from (key for key in keys if key.startswith(Key.HISTORY) and key != Key.HISTORY_OFF)
        if used < FEWER_ADDRESSES:
            return
        yield from (key for key in keys if key.startswith(Key.NETWORKS))
        counters = [key for key in keys if key.startswith(Key.LIMITS) and not key.startswith(Key.NETWORKS)]
        addresses = {key for key in counters if "/address/" in key}
        yield from self._spent_less(addresses, 1)
        if used >= FEWER_CLIENTS:
            yield from self._spent_less(set(counters) - addresses, LITTLE)

    def _spent_less(self, counters: Iterable[str], share: float) -> Iterator[str]:
        """Yield the counters of which less than a share of the limit is spent."""
        names = list(counters)
        counts: list[Any] = self._redis.mget(names) if names else []
        for name, count in zip(names, counts, strict=True):
            amount = int(name.split("/")[-3])  # Flask-Limiter writes .../amount/multiples/unit.
            if int(count or 0) < amount * share:
                yield name
