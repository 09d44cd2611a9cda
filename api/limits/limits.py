"""Rate limits: Flask-Limiter declares and enforces each view's limits, and Redis counts."""

import time
from collections.abc import Callable
from functools import wraps
from inspect import unwrap
from typing import Any

from flask import Flask, Response, g
from flask_limiter import Limiter, RequestLimit
from limits import parse_many
from limits.storage import RedisStorage
from redis import Redis

from api.ops.counters import Counters
from api.problems import RATE_LIMITED
from api.web.answers import problem
from api.web.clients import client_key
from shared.redis_keys import Key

FORGOT, ADDRESS, RESET, LINK = "forgot", "address", "reset", "link"  # The scopes in the limits' keys.


class CountedStorage(RedisStorage):
    """The Redis storage of the `limits` package, which uses counts that accept.lua has already made.

    api/forgot/accept.lua counts a request for a link and accepts it, in one step. If a limit is used up, `g.counts` has
    the count of each key that was checked. Other requests are counted in Redis as usual. `limits` finds a custom
    storage by its scheme.
    """

    STORAGE_SCHEME = ["latchkey"]  # noqa: RUF012 - `limits` defines it as a list

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Return the count of a key, including this request."""
        counts: dict[str, int] | None = g.get("counts")
        return super().incr(key, expiry, amount) if counts is None else counts.get(key, 0)


def make_limiter(app: Flask, redis: Redis) -> Limiter:
    """Build Flask-Limiter with CountedStorage, for limits on views only."""
    limiter = Limiter(
        client_key,
        storage_uri="latchkey://",
        # Flask-Limiter's types allow only strings and numbers, but the storage takes a connection pool under this name.
        storage_options={"connection_pool": redis.connection_pool, "key_prefix": Key.LIMITS.removesuffix(":")},  # type: ignore[dict-item]
        strategy="fixed-window",
    )
    # Registered first: otherwise init_app adds hooks around every request, which limits on views do not need.
    app.extensions["limiter"] = {limiter}
    limiter.init_app(app)
    return limiter


def judged_if_used_up(view: Callable[[Any], Response]) -> Callable[[Any], Response]:
    """Bypass Flask-Limiter's decorators below this one, unless accept.lua found that a limit is used up."""
    plain = unwrap(view)

    @wraps(view)
    def judge_or_answer(accepted: Any) -> Response:
        return (view if "counts" in g else plain)(accepted)

    return judge_or_answer


def refuse(counters: Counters, field: str) -> Callable[[RequestLimit], Response]:
    """Return a function that answers a request over a limit with a 429, and counts it."""

    def count_then_refuse(breach: RequestLimit) -> Response:
        counters.add(field)
        return problem(RATE_LIMITED, retry_after=max(1, int(breach.reset_at - time.time())))

    return count_then_refuse


def lua_table(limits: str, scope: str) -> str:
    """Write limits as a Lua table: each with its amount, its seconds, and the parts of Flask-Limiter's key."""
    rows = []
    for item in parse_many(limits):
        before, after = item.key_for("WHO", scope).split("WHO")
        rows.append(f"{{{item.amount}, {item.get_expiry()}, '{before}', '{after}'}}")
    return f"{{{', '.join(rows)}}}"
