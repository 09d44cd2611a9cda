"""Headers that claim where a request came from and which site it was for."""

from socket import create_connection

import pytest

from api.limits.clients import client_at
from api.settings.settings import ApiSettings
from shared.outbox.jobs import hash_keys
from shared.redis_keys import Key
from tests.attacks.target import Target

ANNA = "anna@example.com"
PATH = "/forgot-password"
HSTS = "strict-transport-security"


@pytest.mark.parametrize("hosts", [b"", b"Host: a\r\nHost: b\r\n", b"Host: a b\r\n"])
def test_a_request_with_no_host_or_two_is_refused(proxied: Target, hosts: bytes) -> None:
    """Two parsers that choose different hosts, CWE-444; RFC 9112, 3.2, requires a 400, which the proxy sends."""
    answer = proxied.send(b"GET /forgot-password HTTP/1.1\r\n" + hosts + b"Connection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Proto": "javascript", "Forwarded": "host=evil.example;proto=http"},
        {"X-Original-URL": "//evil.example/", "X-Rewrite-URL": "//evil.example/", "X-Forwarded-Prefix": "/evil"},
        {"Origin": "https://evil.example", "Referer": "https://evil.example/"},
    ],
)
def test_headers_that_name_another_site_change_no_link_and_no_redirect(either: Target, headers: dict[str, str]) -> None:
    """Poisoned links in emails, CWE-640 (Django CVE-2012-4520), and open redirects, CWE-601."""
    either.add_user(ANNA)

    assert either.forgot(ANNA, headers).status == 202
    front = either.request("GET", "/", headers=headers)
    either.settle()

    mail = either.mails[-1][1]
    assert "https://www.example.org/reset-password#token=" in mail.get_body(("plain",)).get_content()
    assert "evil" not in mail.as_string()
    assert (front.status, front.headers["location"]) == (302, "forgot-password")


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("https", True),
        ("http, https", True),
        ("HTTPS", True),
        (None, False),
        ("", False),
        ("http", False),
        ("https, http", False),
        ("https, https, http", False),
        ("httpsx", False),
    ],
)
def test_hsts_is_sent_where_the_trusted_proxy_was_asked_by_https(
    past_proxy: Target, forwarded: str | None, *, expected: bool
) -> None:
    """A first visit downgraded to plain HTTP, CWE-319; over HTTP, RFC 6797, 7.2, forbids the header."""
    headers = {} if forwarded is None else {"X-Forwarded-Proto": forwarded}

    answers = [
        past_proxy.request("GET", "/reset-password", headers=headers),
        past_proxy.request("GET", "/static/reset.js", headers=headers),
        past_proxy.request("GET", "/nothing", headers=headers),
        past_proxy.post(PATH, {}, headers),
    ]

    assert [answer.headers.get(HSTS) for answer in answers] == ["max-age=31536000" if expected else None] * 4


def test_behind_two_proxies_the_outer_one_sets_the_scheme_and_not_the_client(behind_two_proxies: Target) -> None:
    """The client's claim takes precedence over the proxies' value, CWE-348."""
    claims = {"https, http": True, "http, https, http": True, "https, http, http": False, "https": False}

    asked = {claim: behind_two_proxies.request("GET", PATH, headers={"X-Forwarded-Proto": claim}) for claim in claims}

    assert {claim: HSTS in answer.headers for claim, answer in asked.items()} == claims


def test_https_that_a_client_claims_is_not_believed(target: Target, proxied: Target) -> None:
    """Spoofed forwarding headers, CWE-348: ignored without a proxy; the proxy overwrites them with its own scheme."""
    claims = [{"X-Forwarded-Proto": "https"}, {"X-Forwarded-Proto": "https, https"}, {"X-Forwarded-Scheme": "https"}]
    claims += [{"X_Forwarded_Proto": "https"}, {"X-Forwarded-Ssl": "on"}, {"Forwarded": "proto=https"}]

    answers = [asked.request("GET", PATH, headers=claim) for claim in claims for asked in (target, proxied)]

    assert {answer.status for answer in answers} == {200}
    assert [answer for answer in answers if HSTS in answer.headers] == []


def key_of(target: Target) -> bytes:
    return hash_keys(ApiSettings.load(target.environ))[0]


def own_name(target: Target, address: str) -> str:
    """Return the name under which the limits count a client."""
    return client_at(address, key_of(target)).own


def test_an_underscore_for_a_hyphen_forges_no_address(proxied: Target) -> None:
    """WSGI merges both spellings (Django CVE-2015-0219); the server keeps the second, and the proxy drops it."""
    claimed = [f"192.0.2.{number}" for number in range(3)]
    for address in claimed:
        proxied.forgot(ANNA, {"X_Forwarded_For": address, "X_FORWARDED_FOR": address})

    counted = {key.split("/")[1] for key in proxied.ask("keys", f"{Key.LIMITS}LIMITER/*")}
    assert counted.isdisjoint(own_name(proxied, address) for address in claimed)
    assert own_name(proxied, "127.0.0.1") in counted


@pytest.mark.parametrize("claimed", [b"\xff", b"\x80, 1.2.3.4", b"\xa0"])
def test_non_ascii_bytes_do_not_hide_a_client(proxied: Target, claimed: bytes) -> None:
    """The API's server drops such a header, and with it the proxy's part: a second limit for the client (CWE-348)."""
    body = b'{"email": "anna@example.com"}'
    head = (
        b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n"
    )
    with create_connection(("127.0.0.1", proxied.port), timeout=5, source_address=("127.0.0.9", 0)) as connection:
        connection.sendall(head % (PATH.encode(), len(body)) + b"X-Forwarded-For: " + claimed + b"\r\n\r\n" + body)
        status = connection.recv(4096)[9:12]

    assert status == b"202"
    counted = {key.split("/")[1] for key in proxied.ask("keys", f"{Key.LIMITS}LIMITER/*/forgot/*")}
    network, _, own = client_at("127.0.0.9", key_of(proxied))
    assert counted == {network, own}
