"""The networks that a client is in, and what a job may record about it."""

import ipaddress
from functools import lru_cache
from typing import NamedTuple

from flask import current_app, request

from api.web.answers import request_language
from api.web.response_headers import REQUEST_ID
from api.web.user_agents import recognise

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
MAX_ADDRESS_LENGTH = 64  # Characters, with brackets, zone and port. A longer one counts as unknown.
# Bits by IP version. The first are enough to recognise one's own network, and too few to find a person.
_BITS = {4: (24, 32), 6: (48, 64, 56)}


class Networks(NamedTuple):
    """The networks that a client is in.

    wide: its IPv4 /24 or IPv6 /48. own: its IPv4 address or IPv6 /64. site: its IPv6 /56; IPv4 has none.
    """

    wide: str
    own: str
    site: str = ""


_UNKNOWN = Networks("", "")  # All clients whose address cannot be read are one.


def requester() -> dict[str, str]:
    """Return a job's fields about the client: only what the email will show, and no text from the client.

    client: its IPv4 or IPv6 network, or empty. browser, system: words of shared/user_agents.py, or empty.
    """
    environ = request.environ
    who = {"request_id": environ[REQUEST_ID], "locale": request_language()}
    if not current_app.config["MAIL_SHOW_REQUEST"]:
        return who
    browser, system = recognise(environ.get("HTTP_USER_AGENT", ""))
    return who | {"client": networks_of(peer()).wide, "browser": browser, "system": system}


def peer() -> str:
    """Return the address that the client connects from, as the server or a trusted proxy tells it."""
    address = request.remote_addr or ""
    return address if len(address) <= MAX_ADDRESS_LENGTH else ""


@lru_cache(maxsize=4096)
def networks_of(peer: str) -> Networks:
    """Return the networks of a client by the address that it connects from.

    IPv4 inside IPv6 (mapped, NAT64) counts as IPv4.
    """
    address = address_of(peer)
    if address is None:
        return _UNKNOWN
    return Networks(*(str(ipaddress.ip_network((address, bits), strict=False)) for bits in _BITS[address.version]))


def address_of(peer: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address, with or without a port; IPv4 inside IPv6 (mapped, NAT64) is IPv4. None if it is none."""
    try:
        address = ipaddress.ip_address(_without_port(peer))
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is None and address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


def _without_port(text: str) -> str:
    """Strip the port that some proxies append, the brackets around IPv6, and its zone."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    if text.count(":") == 1:
        return text.partition(":")[0]
    return text.partition("%")[0]
