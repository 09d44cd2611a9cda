"""How requests are limited: Flask-Limiter declares and judges each view's limits, and Redis counts."""

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

FORGOT, ADDRESS, RESET, LINK = "forgot", "address", "reset", "link"  # What each limit is for, in its key.


class CountedStorage(RedisStorage):
    """The `limits` package's storage in Redis, which knows the counts that came with a request for a link.

    api/forgot/accept.lua counts such a request and accepts it in one step. If a limit is used up, `g.counts` has the
    count of each key that was looked at. Other requests are counted in Redis as usual. A storage with a scheme of its
    own is how `limits` is extended.
    """

    STORAGE_SCHEME = ["latchkey"]  # noqa: RUF012 - the attribute's form is that of `limits`

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Return the count of a key with this request."""
        counts: dict[str, int] | None = g.get("counts")
        return super().incr(key, expiry, amount) if counts is None else counts.get(key, 0)


def make_limiter(app: Flask, redis: Redis) -> Limiter:
    """Build Flask-Limiter over our storage, for limits of views alone."""
    limiter = Limiter(
        client_key,
        storage_uri="latchkey://",
        # Typed for texts and numbers; the storage takes a pool by this name.
        storage_options={"connection_pool": redis.connection_pool, "key_prefix": Key.LIMITS.removesuffix(":")},  # type: ignore[dict-item]
        strategy="fixed-window",
    )
    # To an app that does not know it yet it adds hooks around every request, which limits of views do not need.
    app.extensions["limiter"] = {limiter}
    limiter.init_app(app)
    return limiter


def judged_if_used_up(view: Callable[[Any], Response]) -> Callable[[Any], Response]:
    """Pass by Flask-Limiter's decorators below unless the script found that a limit is used up, and left its counts."""
    plain = unwrap(view)

    @wraps(view)
    def judge_or_answer(accepted: Any) -> Response:
        return (view if "counts" in g else plain)(accepted)

    return judge_or_answer


def refuse(counters: Counters, field: str) -> Callable[[RequestLimit], Response]:
    """Answer a request over a limit with a 429, and count it."""

    def count_then_refuse(breach: RequestLimit) -> Response:
        counters.add(field)
        return problem(RATE_LIMITED, retry_after=max(1, int(breach.reset_at - time.time())))

    return count_then_refuse


def limit_links(limiter: Limiter, limit: str, counters: Counters) -> Callable[[str], None]:
    """Return what counts a use of a genuine link, by what all links of its user share.

    It raises RateLimitExceeded. Without it, one who has a link and many addresses could keep all slots for passwords.
    """
    on_breach = refuse(counters, "resets_limited:link")

    @limiter.shared_limit(limit, LINK, key_func=lambda: str(g.link), on_breach=on_breach)
    def judge() -> None:
        """Leave the rest to Flask-Limiter."""

    def count_use(link: str) -> None:
        g.link = link
        judge()

    return count_use


def lua_table(limits: str, scope: str) -> str:
    """Write limits as a table of Lua: of each its amount, its seconds, and its key, as Flask-Limiter writes it."""
    rows = []
    for item in parse_many(limits):
        before, after = item.key_for("WHO", scope).split("WHO")
        rows.append(f"{{{item.amount}, {item.get_expiry()}, '{before}', '{after}'}}")
    return f"{{{', '.join(rows)}}}"
