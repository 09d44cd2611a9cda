"""The networks of a client, and how much of its address a job may contain."""

import pytest

from api.web.clients import Networks, networks_of


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("203.0.113.77:4711", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("64:ff9b::203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("[fe80::1%a.b]:80", "fe80::/48"),
        ("no address", ""),
        ("", ""),
    ],
)
def test_no_more_of_a_client_is_kept_than_its_network(peer: str, network: str) -> None:
    assert networks_of(peer).wide == network


@pytest.mark.parametrize(
    ("peer", "networks"),
    [
        ("203.0.113.77", Networks("203.0.113.0/24", "203.0.113.77/32")),
        (
            "2001:db8:1:2345:6::7",
            Networks("2001:db8:1::/48", "2001:db8:1:2345::/64", "2001:db8:1:2300::/56"),
        ),
        ("nonsense", Networks("", "")),
    ],
)
def test_a_client_is_in_these_networks(peer: str, networks: Networks) -> None:
    assert networks_of(peer) == networks
