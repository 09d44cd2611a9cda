"""Forged clients: a client over its limit can't continue under another identity (CWE-290, CWE-348)."""

from collections.abc import Iterable, Mapping

import pytest

from tests.attacks.answers import bare
from tests.attacks.conftest import MakeTarget
from tests.attacks.target import Target

LIMIT = 5  # Requests per client.
OVER = [202] * LIMIT + [429]
# Headers in which proxies, CDNs and load balancers report the client's address; the last one collides in WSGI.
NAMES = [
    *("X-Real-IP", "Client-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "Fastly-Client-IP"),
    *("X-Cluster-Client-IP", "X-Originating-IP", "X-Remote-Addr", "X-ProxyUser-IP", "Via", "X-Forwarded"),
    *("X-Original-Forwarded-For", "Forwarded-For", "X-Forwarded-Host"),
]


def claims(number: int) -> dict[str, str]:
    """Claim another client address in every header that a server might believe."""
    address = f"203.0.113.{number}"
    return dict.fromkeys(NAMES, address) | {"Forwarded": f"for={address}"}


def asked(target: Target, requests: Iterable[Mapping[str, str]]) -> list[int]:
    """Request a link for a different address each time, and return the statuses."""
    return [target.forgot(f"user{n}@example.com", headers).status for n, headers in enumerate(requests)]


def forwarded(target: Target, values: Iterable[str]) -> list[int]:
    return asked(target, ({"X-Forwarded-For": value} for value in values))


def test_without_a_proxy_no_header_makes_another_client(share_target: MakeTarget) -> None:
    """The client's own headers are believed (Gin CVE-2020-28483, Vikunja CVE-2026-29794).

    So are names with an underscore (Django CVE-2015-0219).
    """
    direct = share_target(worker=False, FORGOT_LIMIT_PER_IP=f"{LIMIT}/hour")
    forged = ["X-Forwarded-For", "X_Forwarded_For"]

    found = asked(direct, (claims(n) | dict.fromkeys(forged, f"203.0.113.{n}") for n in range(LIMIT + 1)))

    assert found == OVER


def test_behind_a_proxy_no_other_header_makes_another_client(limited: Target) -> None:
    """A header that the proxy does not set is believed along with the one it does (CWE-348)."""
    assert asked(limited, (claims(n) | {"X-Forwarded-For": "198.51.100.1"} for n in range(LIMIT + 1))) == OVER


def test_what_a_client_writes_into_the_chain_makes_no_other_client(limited: Target) -> None:
    """The leftmost address is believed, which the client wrote itself (werkzeug issue 290, CVE-2026-45364)."""
    assert forwarded(limited, (f"203.0.113.{n}, 198.51.100.2" for n in range(LIMIT + 1))) == OVER


def test_behind_two_proxies_what_a_client_writes_into_the_chain_makes_no_other_client(
    behind_two_proxies: Target,
) -> None:
    """An off-by-one in the hop count (CWE-348): a forged address counts, or our own proxy's."""
    assert forwarded(behind_two_proxies, (f"203.0.113.{n}, 198.51.100.3, 10.0.0.{n}" for n in range(LIMIT + 1))) == OVER
    assert forwarded(behind_two_proxies, ["198.51.100.3, 198.51.100.4, 10.0.0.1"]) == [202]


def test_a_header_before_that_of_the_proxy_makes_no_other_client(limited: Target) -> None:
    """Of several header lines only one is read, and not the proxy's (CWE-436); they form one list (RFC 9110, 5.3)."""
    forged = [f"X-Forwarded-For: 203.0.113.{n}" for n in range(LIMIT + 1)]
    body = {"email": "anna@example.com"}

    def ask(line: str) -> bytes:
        lines = (line, "Content-Type: application/json", "X-Forwarded-For: 198.51.100.5")
        return bare(limited, "/forgot-password", body, *lines)

    assert [int(ask(line).split()[1]) for line in forged] == OVER


BREAKERS = [
    '"',
    '\\"',
    '{n}:"',
    '[2001:db8:{n}::1]"',
    "[",
    "for={n};",
    ",,,",
    "\\",
    "%0d%0a",
    "\t",
    "{n}," * 500,
    "%00",
]


@pytest.mark.parametrize("breaker", BREAKERS, ids=range(len(BREAKERS)))
def test_what_breaks_the_list_does_not_hide_the_address_that_the_proxy_appends(limited: Target, breaker: str) -> None:
    """An unclosed quote swallows the proxy's part (forwarded-parse issue 6), so someone else's limit is used up."""
    forged = (breaker.replace("{n}", str(n)) + ", 198.51.100.6" for n in range(LIMIT))

    assert forwarded(limited, [*forged, "198.51.100.6"]) == OVER
    assert forwarded(limited, [breaker.replace("{n}", "0") + ", 198.51.100.7"]) == [202]


def test_names_that_are_not_addresses_share_one_limit(limited: Target) -> None:
    """Each unreadable value has its own limit, or none (Rails CVE-2011-3187, Flask-Limiter's empty key)."""
    names = ["unknown", "_hidden", "1.2.3", "999.1.1.1", "localhost", "0x7f.1", "010.1.1.1", "::1::", "1.2.3.4/8", "-"]

    assert forwarded(limited, names) == [*OVER, *[429] * (len(names) - len(OVER))]


@pytest.mark.parametrize("address", ["198.51.100.8", "[2001:db8:8::1]"])
def test_another_port_makes_no_other_client(limited: Target, address: str) -> None:
    """A load balancer appends the port as well, so each connection counts as another client (CWE-307)."""
    assert forwarded(limited, [*(f"{address}:{40000 + n}" for n in range(LIMIT)), address.strip("[]")]) == OVER


def test_another_address_of_an_ipv6_network_makes_no_other_client(limited: Target) -> None:
    """One customer has 2**64 addresses, each with several spellings (Better Auth CVE-2026-45364; RFC 6177)."""
    own = ["2001:db8:9::1", "2001:DB8:9::1", "2001:db8:9:0:ffff::2", "[2001:db8:9::3]", "2001:db8:9:0:0:0:0:4%eth0"]

    assert forwarded(limited, [*own, "2001:db8:9:0:f00d:f00d:f00d:f00d"]) == OVER
    assert forwarded(limited, ["2001:db8:9:1::1"]) == [202]


def test_an_ipv4_address_written_as_ipv6_makes_no_other_client(limited: Target) -> None:
    """Mapped and translated addresses are other clients (Better Auth CVE-2026-45364; RFC 4291, 2.5.5.2; RFC 6052)."""
    dressed = ["::ffff:198.51.100.10", "::FFFF:c633:640a", "0:0:0:0:0:ffff:198.51.100.10", "64:ff9b::198.51.100.10"]

    assert forwarded(limited, ["198.51.100.10", *dressed, "[::ffff:198.51.100.10]:4711"]) == OVER


@pytest.mark.parametrize("prefix", ["::ffff:", "64:ff9b::"])
def test_one_ipv4_client_does_not_use_up_the_limit_of_the_others(limited: Target, prefix: str) -> None:
    """On a dual-stack server, all IPv4 clients share one IPv6 network (express-rate-limit CVE-2026-30827)."""
    assert forwarded(limited, [f"{prefix}198.51.100.11"] * (LIMIT + 1)) == OVER
    assert forwarded(limited, [f"{prefix}198.51.100.12"]) == [202]
