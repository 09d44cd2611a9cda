"""The key that identifies a client in limits, and what a job may record about it."""

import ipaddress
from functools import lru_cache

from flask import current_app, request

from api.web.answers import request_language
from api.web.response_headers import REQUEST_ID
from api.web.user_agents import recognise

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNKNOWN = "unknown"
MAX_ADDRESS_LENGTH = 64  # Characters, with brackets, zone and port. A longer one counts as unknown.
_KEPT = {4: 24, 6: 48}  # Bits by IP version: enough to recognise one's own network, too few to find a person.


def requester() -> dict[str, str]:
    """Return a job's fields about the client: only what the email will show, and no text from the client.

    client: its IPv4 or IPv6 network, or empty. browser, system: words of shared/user_agents.py, or empty.
    """
    environ = request.environ
    who = {"request_id": environ[REQUEST_ID], "locale": request_language()}
    if not current_app.config["MAIL_SHOW_REQUEST"]:
        return who
    browser, system = recognise(environ.get("HTTP_USER_AGENT", ""))
    return who | {"client": client_network(client_key()), "browser": browser, "system": system}


def client_key() -> str:
    """Return the key that identifies the client in limits: its IPv4 address, or its IPv6 network of 64 bits.

    IPv4 inside IPv6 (mapped, NAT64) counts as IPv4; all unreadable addresses share one key.
    """
    peer = request.remote_addr or ""
    return key_of(peer) if len(peer) <= MAX_ADDRESS_LENGTH else _UNKNOWN


@lru_cache(maxsize=4096)
def key_of(peer: str) -> str:
    """Return the key of a client by the address that it connects from."""
    try:
        address = ipaddress.ip_address(_without_port(peer))
    except ValueError:
        return _UNKNOWN
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    if address in _NAT64:
        return str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return str(ipaddress.ip_network((int(address), 64), strict=False))


@lru_cache(maxsize=1024)
def client_network(key: str) -> str:
    """Return the network of a client's key, 24 bits in IPv4 and 48 in IPv6; no more of it is stored."""
    if key == _UNKNOWN:
        return ""
    network = ipaddress.ip_network(key)
    return str(network.supernet(new_prefix=_KEPT[network.version]))


def _without_port(text: str) -> str:
    """Strip the port that some proxies append, the brackets around IPv6, and its zone."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    if text.count(":") == 1:
        return text.partition(":")[0]
    return text.partition("%")[0]
