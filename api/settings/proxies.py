"""TRUSTED_PROXIES: how many proxies are in front of the API, or which networks they are in."""

from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network
TrustedProxies = int | tuple[Network, ...]

MAX_PROXIES = 10
_MAPPED = IPv6Network("::ffff:0:0/96")


def parse_proxies(value: object) -> TrustedProxies:
    """Parse a number, or networks and addresses separated by commas.

    Raises ValueError, whose text is read after the name of the setting.
    """
    text = str(value).strip()
    if text.isdecimal():
        if int(text) > MAX_PROXIES:
            raise ValueError("is too large")
        return int(text)
    try:
        networks = tuple(_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError("is neither a number nor a list of networks") from None
    if any(network.prefixlen == 0 for network in networks):
        raise ValueError("trusts every address, so that each client could choose its own")
    return networks


def _network(text: str) -> Network:
    network = ip_network(text, strict=False)
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        return IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96))
    return network
