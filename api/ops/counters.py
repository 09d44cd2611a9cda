"""What this process counts, until it is in Redis with the counts of all others."""

import secrets
from collections import Counter
from collections.abc import Callable
from threading import Lock
from typing import Any

from redis import Redis

from shared.connections.redis_memory import ALLOW_FULL
from shared.outbox.outbox import read_lua
from shared.redis_keys import LUA_KEYS, Key

WAITING_TIMEOUT = 5  # Seconds that a process is believed how many passwords wait in it.
BATCH_TIMEOUT = 3600  # Seconds in which a batch that is sent again is known.


class Counters:
    """Counts in memory, which costs a request next to nothing and works without Redis; `publish` brings them there.

    A count is published once, or lost with a process that is killed: nothing is added twice. A batch that was sent and
    not answered is sent again under its old number, by which api/ops/publish.lua knows it.
    """

    def __init__(self, redis: Redis, hashing: Callable[[], int]) -> None:
        self._redis = redis
        self._hashing = hashing
        self._script = redis.register_script(ALLOW_FULL + LUA_KEYS + read_lua("api.ops", "publish"))
        self._process = secrets.token_hex(8)
        self._counts: Counter[str] = Counter()
        self._batch: Counter[str] = Counter()
        self._number = 0
        self._counting, self._publishing = Lock(), Lock()

    def add(self, field: str) -> None:
        """Count one more."""
        with self._counting:
            self._counts[field] += 1

    def publish(self) -> None:
        """Add what was counted to the totals, and tell how many passwords wait here.

        Raises RedisError; what was counted is then kept for the next time.
        """
        with self._publishing:
            if self._batch:
                self._send()
            with self._counting:
                self._batch, self._counts = self._counts, Counter()
            self._number += 1
            self._send()

    def hashing(self) -> int:
        """Return how many passwords wait in all processes. The newest number of each counts: they come by time."""
        told: Any = self._redis.zrange(Key.HASHING, 0, -1)
        newest = dict(member.split(":") for member in told)
        return sum(map(int, newest.values()))

    def _send(self) -> None:
        pairs = [part for pair in self._batch.items() for part in pair]
        self._script(args=[self._process, self._hashing(), self._number, WAITING_TIMEOUT, BATCH_TIMEOUT, *pairs])
        self._batch = Counter()
