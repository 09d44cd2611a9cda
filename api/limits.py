"""Which limits there are, and what they are keyed by. Flask-Limiter judges; Redis counts."""

import ipaddress
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, request
from flask_limiter import Limiter, RequestLimit
from limits import RateLimitItem, parse_many
from limits.storage import RedisStorage
from redis import Redis

from api.counters import Counters
from api.errors import problem
from api.settings import ApiSettings

OnBreach = Callable[[RequestLimit], Response]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNKNOWN = "unknown"


class CountedStorage(RedisStorage):
    """Flask-Limiter's Redis storage, which takes a count that was made in this request already from there.

    api/accept.lua counts a request for a link and accepts it in one step; Flask-Limiter then compares and answers.
    """

    STORAGE_SCHEME = ["counted"]  # noqa: RUF012 - how limits registers a storage

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Return the count that this request brought along, or count now."""
        counts: dict[str, int] = g.get("counts", {})
        counted = counts.get(self.prefixed_key(key))
        return super().incr(key, expiry, amount) if counted is None else counted


class Limits:
    """The limits of one app: on requests for a link per client and per address, on resets per client."""

    def __init__(self, app: Flask, settings: ApiSettings, redis: Redis, counters: Counters) -> None:
        self.limiter = Limiter(
            client_key,
            app=app,
            storage_uri="counted://",
            # Typed for texts and numbers; limits' Redis storage takes a pool by this name.
            storage_options={"connection_pool": redis.connection_pool, "key_prefix": "limit"},  # type: ignore[dict-item]
            strategy="fixed-window",
        )
        self.forgot_items = parse_many(settings.forgot_limit_per_ip)
        self.address_items = parse_many(settings.forgot_limit_per_email)
        self._settings = settings
        self._counters = counters

    def counter(self, item: RateLimitItem, key: str, scope: str) -> str:
        """Return the Redis key under which Flask-Limiter finds this limit's count."""
        return f"limit:{item.key_for(key, scope)}"

    def forgot_per_client(self) -> Callable[[Any], Any]:
        """Limit requests for a link per client, with a 429."""
        on_breach = self._counted("requests_limited:client", too_many_requests)
        return self.limiter.shared_limit(self._settings.forgot_limit_per_ip, scope="forgot", on_breach=on_breach)

    def forgot_per_address(self, key: Callable[[], str], answer: Callable[[], Response]) -> Callable[[Any], Any]:
        """Limit requests for a link per typed address, with the answer that everybody gets, unless set otherwise."""
        silent = self._settings.forgot_email_limit_response == "silent"
        on_breach = self._counted("requests_limited:address", (lambda _: answer()) if silent else too_many_requests)
        return self.limiter.shared_limit(
            self._settings.forgot_limit_per_email, scope="address", key_func=key, on_breach=on_breach
        )

    def reset_per_client(self) -> Callable[[Any], Any]:
        """Limit resets and checks together per client, with a 429."""
        on_breach = self._counted("resets_limited:client", too_many_requests)
        return self.limiter.shared_limit(self._settings.reset_limit_per_ip, scope="reset", on_breach=on_breach)

    def _counted(self, field: str, answer: OnBreach) -> OnBreach:
        def count_then_answer(breach: RequestLimit) -> Response:
            self._counters.add(field)
            return answer(breach)

        return count_then_answer


def too_many_requests(breach: RequestLimit) -> Response:
    """Answer 429 with the seconds until the window ends."""
    wait = max(1, int(breach.reset_at - time.time()))
    return problem(429, "rate_limited", "Too many requests. Wait a little.", retry_after=wait)


def client_key() -> str:
    """Return what stands for the client in limits: its IPv4 address, or its IPv6 network of 64 bits.

    IPv4 in IPv6 clothes (mapped, NAT64) counts as IPv4; what cannot be read shares one key, because Flask-Limiter
    passes over an empty one.
    """
    try:
        address = ipaddress.ip_address(_without_port(request.remote_addr or ""))
    except ValueError:
        return _UNKNOWN
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    if address in _NAT64:
        return str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return str(ipaddress.ip_network((int(address), 64), strict=False))


def _without_port(text: str) -> str:
    """Take off the port that some proxies append, the brackets around IPv6, and its zone."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    if text.count(":") == 1:
        return text.partition(":")[0]
    return text.partition("%")[0]
