"""Whose word about a client's address is believed, and what it says."""

from typing import Any

import pytest

from api.settings.settings import ApiSettings
from api.web.clients import networks_of
from api.web.forwarded import Forwarded
from tests.unit.settings.test_settings import WORKER, only_problem

NETWORKS = "10.0.0.0/8, 192.0.2.1,fd00::/8"


def seen(setting: str, peer: str, forwarded: str | None, proto: str | None = None) -> tuple[str, str]:
    """Return the client's own network and the scheme that the app sees."""
    found: dict[str, Any] = {}

    def app(environ: Any, _start: Any) -> list[bytes]:
        found.update(environ)
        return []

    proxies = ApiSettings.load(WORKER | {"TRUSTED_PROXIES": setting}).trusted_proxies
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http"}
    environ |= {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    environ |= {} if proto is None else {"HTTP_X_FORWARDED_PROTO": proto}
    Forwarded(app, proxies)(environ, lambda *_: lambda _: None)
    return networks_of(found["REMOTE_ADDR"]).own.removesuffix("/32") or "unknown", found["wsgi.url_scheme"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.1.1.1", "198.51.100.7", "198.51.100.7"),
        ("10.1.1.1", "198.51.100.7, 10.2.2.2", "198.51.100.7"),
        # Past the outer proxy: what the client claims is before what the inner one appended.
        ("10.1.1.1", "198.51.100.8, 203.0.113.9", "203.0.113.9"),
        ("10.1.1.1", "10.9.9.9, 203.0.113.9", "203.0.113.9"),
        ("10.1.1.1", "10.9.9.9,10.9.9.8, 203.0.113.9 , 192.0.2.1", "203.0.113.9"),
        # Not from a proxy.
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.7, 10.2.2.2", "203.0.113.9"),
        # Everything is trusted, or nothing is said.
        ("10.1.1.1", "10.2.2.2, 10.3.3.3", "10.2.2.2"),
        ("10.1.1.1", None, "10.1.1.1"),
        ("10.1.1.1", "", "10.1.1.1"),
        # Ports, brackets, IPv4 within IPv6.
        ("[::ffff:10.1.1.1]:4711", "198.51.100.7:1234", "198.51.100.7"),
        ("::ffff:10.1.1.1", "198.51.100.7, [fd00::1]:443, 10.2.2.2:80", "198.51.100.7"),
        ("fd00::5", "2001:db8:1:2:3::4, ::ffff:10.2.2.2", "2001:db8:1:2::/64"),
        ("fd00::5", "[2001:db8:1:2:3::4]:443", "2001:db8:1:2::/64"),
        # Unreadable where the client should be: nobody may choose a key by it.
        ("10.1.1.1", "unknown", "unknown"),
        ("10.1.1.1", "198.51.100.7, _hidden, 10.2.2.2", "unknown"),
        ("10.1.1.1", "198.51.100.7, , 10.2.2.2", "unknown"),
        ("10.1.1.1", "198.51.100.7,", "unknown"),
        ("10.1.1.1", "198.51.100.7, 10.2.2.2" + "0" * 5000, "unknown"),
        ("10.1.1.1", '"10.2.2.2, 203.0.113.9', "203.0.113.9"),
        ("", "198.51.100.7", "unknown"),
    ],
)
def test_the_last_address_that_is_no_trusted_proxy_is_the_client(peer: str, forwarded: str | None, client: str) -> None:
    assert seen(NETWORKS, peer, forwarded)[0] == client


@pytest.mark.parametrize(
    ("peer", "forwarded", "proto", "scheme"),
    [
        ("10.1.1.1", "198.51.100.7", "https", "https"),
        ("10.1.1.1", "198.51.100.7, 10.2.2.2", "https", "https"),
        ("10.1.1.1", "198.51.100.7, 10.2.2.2", "http, https, http", "https"),
        ("10.1.1.1", "198.51.100.7", "https, http", "http"),
        ("10.1.1.1", None, "https", "https"),
        ("203.0.113.9", "198.51.100.7", "https", "http"),
        ("203.0.113.9", "198.51.100.7, 10.2.2.2", "https", "http"),
        ("10.1.1.1", "198.51.100.7", None, "http"),
    ],
)
def test_the_outermost_trusted_proxy_says_whether_it_was_https(
    peer: str, forwarded: str | None, proto: str | None, scheme: str
) -> None:
    assert seen(NETWORKS, peer, forwarded, proto)[1] == scheme


@pytest.mark.parametrize(
    ("count", "forwarded", "client"),
    [
        ("0", "198.51.100.7", "10.1.1.1"),
        ("1", "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        ("2", "198.51.100.7, 203.0.113.9", "198.51.100.7"),
        ("2", "203.0.113.9", "10.1.1.1"),
    ],
)
def test_a_count_is_counted_from_the_end(count: str, forwarded: str, client: str) -> None:
    assert seen(count, "10.1.1.1", forwarded)[0] == client


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("11", "is too large"),
        ("-1", "is neither"),
        ("2,10.0.0.0/8", "is neither"),
        ("10.0.0.0/33", "is neither"),
        ("proxy.example.com", "is neither"),
        ("10.0.0.0/8,0.0.0.0/0", "trusts every address"),
        ("::/0", "trusts every address"),
        ("::ffff:0:0/96", "trusts every address"),
    ],
)
def test_what_trusts_nobody_in_particular_is_refused(value: str, problem: str) -> None:
    assert problem in only_problem(ApiSettings, TRUSTED_PROXIES=value)
