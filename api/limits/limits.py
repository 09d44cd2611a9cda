"""Rate limits: Flask-Limiter declares and enforces each view's limits, and Redis counts."""

import time
from collections.abc import Callable
from functools import partial, wraps
from inspect import unwrap
from typing import Any

from flask import Flask, Response, g
from flask_limiter import Limiter, RequestLimit
from limits.storage import RedisStorage
from redis import Redis

from api.limits.clients import Identify
from api.limits.counting import scope_of
from api.ops.counters import Counters
from api.problems import RATE_LIMITED
from api.settings.limits import ClientLimits
from api.web.answers import problem
from shared.redis_keys import Key

View = Callable[[Any], Response]
OnBreach = Callable[[RequestLimit], Response]


class CountedStorage(RedisStorage):
    """The Redis storage of the `limits` package, which uses counts that a script has already made.

    Scripts count a request against the limits of its client and of its address, in one step. If a limit is used up,
    `g.counts` has the count of each key that was checked. The uses of links are counted in Redis as usual. `limits`
    finds a custom storage by its scheme.
    """

    STORAGE_SCHEME = ["latchkey"]  # noqa: RUF012 - `limits` defines it as a list

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Return the count of a key, including this request."""
        counts: dict[str, int] | None = g.get("counts")
        return super().incr(key, expiry, amount) if counts is None else counts.get(self.prefixed_key(key), 0)


def make_limiter(app: Flask, redis: Redis, identify: Identify) -> Limiter:
    """Build Flask-Limiter with CountedStorage, for limits on views only."""
    limiter = Limiter(
        lambda: identify().own,
        storage_uri="latchkey://",
        # Flask-Limiter's types allow only strings and numbers, but the storage takes a connection pool under this name.
        storage_options={"connection_pool": redis.connection_pool, "key_prefix": Key.LIMITS.removesuffix(":")},  # type: ignore[dict-item]
        strategy="fixed-window",
    )
    # Registered first: otherwise init_app adds hooks around every request, which limits on views do not need.
    app.extensions["limiter"] = {limiter}
    limiter.init_app(app)
    return limiter


def limit_clients(
    limiter: Limiter, limits: ClientLimits, kind: str, identify: Identify, on_breach: Callable[[str], OnBreach]
) -> Callable[[View], View]:
    """Return a decorator with the limits of a client on a kind of request. A script must have counted it.

    on_breach: returns the function that refuses a request by a client, or by its whole network.
    """

    def limit(view: View) -> View:
        for level, texts in limits._asdict().items():
            by = "client" if level == "own" else "network"
            # A client without a site shares this name with all others, but the script counts nothing under it.
            name = partial(_name, identify, level)
            view = limiter.shared_limit(texts, scope_of(kind, level), key_func=name, on_breach=on_breach(by))(view)
        return view

    return limit


def _name(identify: Identify, level: str) -> str:
    """Return the client's name; Flask-Limiter takes no empty one."""
    return str(getattr(identify(), level)) or "none"


def judged_if_used_up(view: View) -> View:
    """Bypass Flask-Limiter's decorators below this one, unless a script found that a limit is used up."""
    plain = unwrap(view)

    @wraps(view)
    def judge_or_answer(accepted: Any) -> Response:
        return (view if "counts" in g else plain)(accepted)

    return judge_or_answer


def refuse(counters: Counters, field: str, by: str) -> OnBreach:
    """Return a function that answers a request over a limit with a 429, and counts it. by: whose limit it is."""

    def count_then_refuse(breach: RequestLimit) -> Response:
        counters.add(f"{field}:{by}")
        return problem(RATE_LIMITED, retry_after=max(1, int(breach.reset_at - time.time())))

    return count_then_refuse
