"""The names by which limits and lanes know a client: keyed hashes, so that Redis contains no address."""

import hashlib
import hmac
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from api.web.clients import networks_of, peer

DIGITS = 16  # Hexadecimal; enough that no two of a billion names meet.
LANE_DIGITS = 8  # 32 bits, which Redis keeps as integers in its sets.


class Client(NamedTuple):
    """The hashed names of a client, in the order of ClientLimits.

    network: its IPv4 /24 or IPv6 /48. site: its IPv6 /56; empty in IPv4. own: its IPv4 address or IPv6 /64.
    """

    network: str
    site: str
    own: str

    @property
    def lane(self) -> str:
        """The lane of the client's network."""
        return self.network[:LANE_DIGITS]


Identify = Callable[[], Client]


def make_identify(key: bytes) -> Identify:
    """Return a function that names the client of the current request."""

    @lru_cache(maxsize=4096)
    def named(peer: str) -> Client:
        return client_at(peer, key)

    return lambda: named(peer())


def client_at(peer: str, key: bytes) -> Client:
    """Return the client that connects from an address."""
    networks = networks_of(peer)
    site = hashed(f"site:{networks.site}", key) if networks.site else ""
    return Client(hashed(f"network:{networks.wide}", key), site, hashed(f"client:{networks.own}", key))


def hashed(name: str, key: bytes) -> str:
    """Return the keyed hash of a name. It never equals that of an email address, because a name has no "@"."""
    return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:DIGITS]
