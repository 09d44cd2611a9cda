"""What stands for a client in limits, and what a job may say of it."""

import ipaddress
from functools import lru_cache

from flask import current_app, request

from api.web.answers import request_language
from api.web.response_headers import REQUEST_ID
from api.web.user_agents import recognise

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNKNOWN = "unknown"
MAX_ADDRESS_LENGTH = 64  # Characters, with brackets, a zone and a port. What is longer counts as unknown.
_KEPT = {4: 24, 6: 48}  # Bits by version: enough to tell one's own network, too few to find a person.


def requester() -> dict[str, str]:
    """Tell who sends this request, as fields of a job: no more than the mail will say, and no text of the client's.

    client: the network of an IPv4 or IPv6 address, or empty. browser, system: words of shared/user_agents.py, or empty.
    """
    environ = request.environ
    who = {"request_id": environ[REQUEST_ID], "locale": request_language()}
    if not current_app.config["MAIL_SHOW_REQUEST"]:
        return who
    browser, system = recognise(environ.get("HTTP_USER_AGENT", ""))
    return who | {"client": client_network(client_key()), "browser": browser, "system": system}


def client_key() -> str:
    """Return what stands for the client in limits: its IPv4 address, or its IPv6 network of 64 bits.

    IPv4 in IPv6 clothes (mapped, NAT64) counts as IPv4; what cannot be read shares one key.
    """
    peer = request.remote_addr or ""
    return key_of(peer) if len(peer) <= MAX_ADDRESS_LENGTH else _UNKNOWN


@lru_cache(maxsize=4096)
def key_of(peer: str) -> str:
    """Return the key of a client by the address that it comes from."""
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
    """Return the network that a client's key lies in, of 24 bits in IPv4 and 48 in IPv6: no more of it is kept."""
    if key == _UNKNOWN:
        return ""
    network = ipaddress.ip_network(key)
    return str(network.supernet(new_prefix=_KEPT[network.version]))


def _without_port(text: str) -> str:
    """Take off the port that some proxies append, the brackets around IPv6, and its zone."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    if text.count(":") == 1:
        return text.partition(":")[0]
    return text.partition("%")[0]
