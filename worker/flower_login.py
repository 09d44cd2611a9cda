"""What Flower lacks before its log-in: a limit on guesses, and headers that keep its pages out of frames and caches."""

import time
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any

from flower.views import BaseHandler
from tornado.web import HTTPError, StaticFileHandler

MAX_GUESSES, INTERVAL = 10, 60.0  # Wrong passwords of a client in so many seconds.
MAX_CLIENTS = 10_000  # That are remembered. The oldest is forgotten first.
# Flower's pages have scripts of their own within them, so no policy for scripts is possible.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "base-uri 'none'; frame-ancestors 'none'; object-src 'none'",
    "Referrer-Policy": "no-referrer",
    "Server": "flower",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guesses:
    """The wrong passwords of each client in the current interval: of an IPv4 address, or of an IPv6 /64."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def seconds_to_wait(self, address: str) -> int:
        """Return how long the client must wait; 0 if it may try a password."""
        until, count = self._counts.get(_client(address), (0.0, 0))
        return max(0, int(until - self._now()) + 1) if count >= MAX_GUESSES and until > self._now() else 0

    def add(self, address: str) -> None:
        """Count a wrong password."""
        client = _client(address)
        until, count = self._counts.get(client, (0.0, 0))
        self._counts[client] = (until, count + 1) if until > self._now() else (self._now() + INTERVAL, 1)
        if len(self._counts) > MAX_CLIENTS:
            self._counts.popitem(last=False)


def protect_login() -> None:
    """Change Flower's handlers before it starts: 429 after too many wrong passwords, and safe headers."""
    guesses = Guesses()
    ask, write_error, set_headers = (
        BaseHandler.get_current_user,
        BaseHandler.write_error,
        BaseHandler.set_default_headers,
    )

    @wraps(ask)
    def ask_within_limit(self: BaseHandler) -> Any:
        address = self.request.remote_ip or ""
        # Right passwords are refused too: otherwise the limit would not slow down guessing.
        if guesses.seconds_to_wait(address):
            raise HTTPError(429, "Too many wrong passwords")
        try:
            return ask(self)
        except (HTTPError, TypeError):  # hmac.compare_digest takes no text beyond ASCII.
            if "Authorization" in self.request.headers:
                guesses.add(address)
            raise HTTPError(401) from None

    @wraps(write_error)
    def write_error_with_time(self: BaseHandler, status_code: int, **options: Any) -> None:
        if status_code == 429:  # noqa: PLR2004 - Too Many Requests
            self.set_header("Retry-After", str(guesses.seconds_to_wait(self.request.remote_ip or "")))
        write_error(self, status_code, **options)

    def set_all_headers(self: BaseHandler) -> None:
        set_headers(self)
        _set_ours(self)

    BaseHandler.get_current_user = ask_within_limit
    BaseHandler.write_error = write_error_with_time
    BaseHandler.set_default_headers = set_all_headers
    StaticFileHandler.set_default_headers = _set_ours  # type: ignore[assignment, method-assign]


def _set_ours(handler: Any) -> None:
    for name, value in _HEADERS.items():
        handler.set_header(name, value)


def _client(address: str) -> str:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return ""  # A socket without addresses.
    if isinstance(found, IPv4Address) or (found := found.ipv4_mapped or found).version == 4:  # noqa: PLR2004
        return str(found)
    return str(ip_network((int(found), 64), strict=False))
