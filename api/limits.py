"""Which limits there are, and what they are keyed by. Flask-Limiter judges; Redis counts."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Flask, Response
from flask_limiter import Limiter, RequestLimit, RouteLimit
from flask_limiter.errors import RateLimitExceeded
from limits import RateLimitItem, parse_many
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter
from redis import Redis

from api.clients import client_key
from api.counters import Counters
from api.errors import too_many_requests
from api.resets import LinkOverused
from api.settings import ApiSettings
from shared.jobs import Job

FORGOT, ADDRESS, RESET, LINK = "forgot", "address", "reset", "link"  # What each limit is for, in its key.


@dataclass
class Counted:
    """A request for a link that Redis has counted; `counts` by limit and what the limit is for."""

    job: Job
    client: str
    counts: dict[tuple[RateLimitItem, str], int]
    over_quota: bool = False

    def key(self, scope: str) -> str:
        """Return whose request is counted, for a limit of this scope."""
        return {FORGOT: self.client, ADDRESS: self.job.address_hash}[scope]


class CountedWindow(FixedWindowRateLimiter):
    """Flask-Limiter's fixed windows; requests for a link are judged by the counts that came with them.

    api/accept.lua counts such a request and accepts it in one step. It comes as a Counted, in the place of a key.
    """

    def __init__(self, storage: Storage, silent: frozenset[str]) -> None:
        super().__init__(storage)
        self._silent = silent

    def hit(self, item: RateLimitItem, *identifiers: Any, cost: int = 1) -> bool:
        """Tell whether the request is within the limit. Over a silent one it is too, and `over_quota` says so."""
        counted, scope = identifiers
        if not isinstance(counted, Counted):
            return super().hit(item, *identifiers, cost=cost)
        within = counted.counts[item, scope] <= item.amount
        if scope not in self._silent:
            return within
        # As much work for one answer as for the other, and no exception: what takes longer could be told apart.
        counted.over_quota = counted.over_quota or not within
        return True


class ViewLimiter(Limiter):
    """Flask-Limiter with CountedWindow for a strategy, and for limits of views alone."""

    def __init__(self, app: Flask, redis: Redis, silent: frozenset[str]) -> None:
        self._silent = silent
        super().__init__(
            client_key,
            app=app,
            storage_uri="redis://",
            # Typed for texts and numbers; limits' Redis storage takes a pool by this name.
            storage_options={"connection_pool": redis.connection_pool, "key_prefix": "limit"},  # type: ignore[dict-item]
            strategy="fixed-window",
        )

    def init_app(self, app: Flask) -> None:
        """Put our strategy in the place of the one it is made from."""
        # It adds its hooks around requests, which nobody needs here, to an app that does not know it yet.
        app.extensions.setdefault("limiter", set()).add(self)
        super().init_app(app)
        assert self._storage is not None
        self._limiter = CountedWindow(self._storage, self._silent)


class ViewLimits(RouteLimit):
    """Several of Flask-Limiter's limits with one key, as one decorator.

    Their texts are read once, and the key is asked for once a request. What nobody uses here is not looked for at each
    of them: default limits, exemptions, blueprints, conditions, fallbacks and headers.

    Of one limit's parts the shortest is judged first: on resets, what it refuses spends none of the longer ones.
    """

    def __init__(self, limiter: ViewLimiter, key: Callable[[], Any], limits: Iterable[RouteLimit]) -> None:
        super().__init__("", limiter=limiter)
        self._limiter = limiter
        self._key = key
        self._parts = tuple(part for limit in limits for part in sorted(limit, key=_seconds))

    def __iter__(self) -> Iterator[Any]:
        """Return the parts of the limits."""
        return iter(self._parts)

    def __call__(self, obj: Any) -> Any:
        """Check the limits before each call of a view."""
        super().__call__(obj)  # Tells `flask limiter limits` of them; its own wrapper is not used.

        @wraps(obj)
        def limited(*args: Any, **kwargs: Any) -> Any:
            self._check()
            return obj(*args, **kwargs)

        return limited

    def _check(self) -> None:
        """Raise RateLimitExceeded at the first limit that is used up, with the answer that its `on_breach` gives."""
        spender, hit = self._key(), self._limiter.limiter.hit
        for part in self._parts:
            scope = str(part.scope)
            if not hit(part.limit, spender, scope):
                key = spender.key(scope) if isinstance(spender, Counted) else spender
                breach = RequestLimit(self._limiter, part.limit, [key, scope], breached=True, shared=True)
                raise RateLimitExceeded(part, response=part.on_breach and part.on_breach(breach))


class Limits:
    """The limits of one app: on requests for a link per client and address, on resets per client and link."""

    def __init__(self, app: Flask, settings: ApiSettings, redis: Redis, counters: Counters) -> None:
        silent = settings.forgot_email_limit_response == "silent"
        self.limiter = ViewLimiter(app, redis, frozenset([ADDRESS] if silent else []))
        # One that is written twice has one key, and is counted once.
        self.client_items = list(dict.fromkeys(parse_many(settings.forgot_limit_per_ip)))
        self.address_items = list(dict.fromkeys(parse_many(settings.forgot_limit_per_email)))
        self._link_items = sorted(parse_many(settings.reset_limit_per_link), key=RateLimitItem.get_expiry)
        self._settings = settings
        self._counters = counters

    def lua(self) -> str:
        """Write the limits on requests for a link as constants of a Lua script."""
        limits = {"CLIENT_LIMITS": (self.client_items, FORGOT), "ADDRESS_LIMITS": (self.address_items, ADDRESS)}
        tables = (
            f"{name} = {{{', '.join(_lua(item, scope) for item in items)}}}" for name, (items, scope) in limits.items()
        )
        return "".join(f"local {table}\n" for table in tables)

    def on_forgot(self, counted: Callable[[], Counted]) -> ViewLimits:
        """Limit requests for a link: per client with a 429; per typed address silently, by a job that asks for nothing.

        FORGOT_EMAIL_LIMIT_RESPONSE=429 makes the second a 429 as well.
        """
        settings = self._settings
        per_client = self._limit(settings.forgot_limit_per_ip, FORGOT, "requests_limited:client")
        per_address = self._limit(settings.forgot_limit_per_email, ADDRESS, "requests_limited:address")
        return ViewLimits(self.limiter, counted, [per_client, per_address])

    def on_reset(self) -> ViewLimits:
        """Limit resets and checks together per client, with a 429."""
        limit = self._limit(self._settings.reset_limit_per_ip, RESET, "resets_limited:client")
        return ViewLimits(self.limiter, client_key, [limit])

    def use(self, link: str) -> None:
        """Count a use of a genuine link, by what all links of its user share.

        Raises LinkOverused. Without it, one who has a link and many addresses could keep all slots for passwords taken.
        """
        for item in self._link_items:
            if not self.limiter.limiter.hit(item, link, LINK):
                self._counters.add("resets_limited:link")
                raise LinkOverused(_seconds_until(self.limiter.limiter.get_window_stats(item, link, LINK).reset_time))

    def _limit(self, limit: str, scope: str, field: str) -> RouteLimit:
        def count_then_refuse(breach: RequestLimit) -> Response:
            self._counters.add(field)
            return too_many_requests(_seconds_until(breach.reset_at))

        return self.limiter.shared_limit(limit, scope=scope, on_breach=count_then_refuse)


def _seconds(part: Any) -> int:
    """Return how long the window of one part of a limit is."""
    return int(part.limit.get_expiry())


def _lua(item: RateLimitItem, scope: str) -> str:
    """Write a limit as a Lua table: its key before and after the spender, amount, seconds."""
    before, after = (json.dumps(part) for part in f"limit:{item.key_for('SPENDER', scope)}".split("SPENDER"))
    return f"{{{before}, {after}, {item.amount}, {item.get_expiry()}}}"


def _seconds_until(moment: float) -> int:
    return max(1, int(moment - time.time()))
