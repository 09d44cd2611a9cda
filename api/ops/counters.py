"""All counters, and the counts of this process until they are added to the totals in Redis."""

import secrets
from collections import Counter
from collections.abc import Callable
from threading import Lock
from typing import Any, NamedTuple, get_args

from redis import Redis

from shared.connections.redis_memory import ALLOW_FULL
from shared.outbox.jobs import Kind
from shared.outbox.outbox import read_lua
from shared.redis_keys import LUA_KEYS, Key

WAITING_TIMEOUT = 5  # Seconds for which a process's number of waiting passwords counts.
BATCH_TIMEOUT = 3600  # Seconds for which a repeated batch is recognised.

_KINDS = get_args(Kind)


class Count(NamedTuple):
    """A counter: its field in Redis, what it counts, and its label with every possible value."""

    field: str
    help: str
    label: str = ""
    values: tuple[str, ...] = ()


COUNTS = (
    Count("requests_accepted", "Requests for a link that were accepted, within their quotas."),
    Count("requests_limited", "Requests for a link over a limit.", "by", ("client", "network", "address")),
    Count("requests_refused", "Requests for a link that got a 503.", "reason", ("full", "memory", "redis", "overload")),
    Count("resets_confirmed", "Passwords that were set."),
    Count("resets_limited", "Resets and checks over a limit.", "by", ("client", "network", "link")),
    Count(
        "resets_refused",
        "Resets and checks refused.",
        "reason",
        ("link", "password", "busy", "unavailable", "format"),
    ),
    Count(
        "mails_sent", "Mails that the relay took.", "kind", ("reset", "first_password", "sign_in", "password_changed")
    ),
    Count(
        "mails_retried",
        "Attempts that failed and are made again.",
        "reason",
        ("transient", "unsure", "misconfigured", "database", "unconfirmed", "unexpected"),
    ),
    Count("mails_buried", "Jobs given up, for a person to look at.", "kind", _KINDS),
    Count("mails_dropped", "Jobs dropped because they were too old.", "kind", _KINDS),
    Count("mails_doubled", "Mails that may have been sent twice."),
    Count("jobs_swept", "Jobs that the sweeper put back.", "reason", ("due", "lease")),
    Count(
        "jobs_ended",
        "Jobs that ended without a mail of their own.",
        "reason",
        ("no_such_user", "no_password", "outside_filter", "over_quota", "several_users", "not_changed"),
    ),
)


class Counters:
    """Counts in memory, which is cheap and works without Redis; `publish` adds the counts to the totals there.

    No count is added twice; the counts of a killed process are lost. If Redis does not answer, the batch is sent again
    under the same number, by which api/ops/publish.lua recognises it.
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
        """Add one to a counter."""
        with self._counting:
            self._counts[field] += 1

    def publish(self) -> None:
        """Add the counts to the totals, and report how many passwords wait in this process.

        Raises RedisError; the counts are then kept for the next call.
        """
        with self._publishing:
            if self._batch:
                self._send()
            with self._counting:
                self._batch, self._counts = self._counts, Counter()
            self._number += 1
            self._send()

    def hashing(self) -> int:
        """Return how many passwords wait in all processes. Sorted by time, so that the newest of each counts."""
        told: Any = self._redis.zrange(Key.HASHING, 0, -1)
        newest = dict(member.split(":") for member in told)
        return sum(map(int, newest.values()))

    def _send(self) -> None:
        pairs = [part for pair in self._batch.items() for part in pair]
        self._script(args=[self._process, self._hashing(), self._number, WAITING_TIMEOUT, BATCH_TIMEOUT, *pairs])
        self._batch = Counter()
