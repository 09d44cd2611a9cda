"""Addresses that differ only in their digits, and requests for links for them."""

import random
from collections.abc import Iterator

from benchmarks.load import post


def draw(number: int) -> list[str]:
    """Draw addresses of the same length whose local part the relay can parse: `u` and digits."""
    digits = random.sample(range(10**8, 10**9), number)
    return [f"u{name}@example.com" for name in digits]


def request_for(address: str, *headers: bytes) -> bytes:
    """Build a request for a link for this address."""
    return post("/forgot-password", b'{"email": "%s"}' % address.encode(), *headers)


class Fresh:
    """Hands out addresses that nobody has asked for yet, so no quota is ever reached."""

    def __init__(self, number: int) -> None:
        """Draw this many addresses with an account, and as many without."""
        addresses = draw(2 * number)
        self.accounts = addresses[:number]
        self._known: Iterator[str] = iter(self.accounts)
        self._unknown: Iterator[str] = iter(addresses[number:])

    def one(self, *, known: bool) -> str:
        """Return the next address with an account, or without one."""
        return next(self._known if known else self._unknown)
