"""Links: built only from RESET_URL and a token, whatever a request says, and the only thing to follow in an email."""

import pytest

from tests.attacks.mails import EVIL, assert_ours
from tests.attacks.target import ANNA, REFUSED, Target

HEADERS: list[dict[str, str]] = [
    {"Host": EVIL},
    {"Host": f"www.example.org@{EVIL}"},
    {"Host": f"www.example.org:pass@{EVIL}"},
    {"Host": f"www.example.org:80.{EVIL}"},
    {"Host": f"www.example.org#{EVIL}"},
    {"X-Forwarded-Host": EVIL},
    {"X-Forwarded-Host": f"www.example.org, {EVIL}"},
    {"X-Forwarded-Server": EVIL},
    {"X-HTTP-Host-Override": EVIL},
    {"X-Host": EVIL},
    {"X-Original-Host": EVIL},
    {"Forwarded": f"for=192.0.2.1;host={EVIL};proto=http"},
    {"X-Forwarded-Proto": "http"},
    {"X-Forwarded-Proto": "javascript"},
    {"X-Forwarded-Scheme": "http", "X-Forwarded-Port": "6666"},
    {"X-Forwarded-Prefix": f"//{EVIL}"},
    {"Script-Name": f"//{EVIL}", "X-Script-Name": f"//{EVIL}"},
    {"X-Original-URL": f"//{EVIL}/reset", "X-Rewrite-URL": f"//{EVIL}/reset"},
    {"Origin": f"https://{EVIL}"},
    {"Referer": f"https://{EVIL}/reset"},
    {"X-Forwarded-For": f"{EVIL}, 192.0.2.1", "X-Real-IP": EVIL},
    {"User-Agent": f"https://{EVIL}/", "Accept-Language": EVIL, "X-Request-ID": EVIL},
]


@pytest.mark.parametrize("headers", HEADERS, ids=lambda headers: ascii(headers)[1:60])
def test_no_header_changes_where_the_link_leads(each: Target, headers: dict[str, str]) -> None:
    """Reset poisoning (Django CVE-2012-4520, Laravel CVE-2017-9303, Craft CMS CVE-2022-29933, MantisBT CVE-2024-23830).

    ZITADEL CVE-2025-64101 trusted the scheme as well, Symfony CVE-2018-14773 X-Original-URL, and WordPress
    CVE-2017-8295 used the host for the sender.
    """
    answer = each.forgot(ANNA, headers)

    assert answer.status in ((202, 400) if "Host" in headers else (202,))
    if answer.status == 202:
        assert_ours(each)


BODY = f'{{"email": "{ANNA}"}}'.encode()
LINE = b"POST /forgot-password HTTP/1.1\r\n"
RAW = {
    "a whole address": (b"POST http://evil.example/forgot-password HTTP/1.1\r\n", b"Host: www.example.org\r\n"),
    "a whole address with a user": (
        b"POST https://www.example.org@evil.example/forgot-password HTTP/1.1\r\n",
        b"Host: www.example.org\r\n",
    ),
    "two hosts": (LINE, b"Host: www.example.org\r\nHost: evil.example\r\n"),
    "two hosts, the false one first": (LINE, b"Host: evil.example\r\nHost: www.example.org\r\n"),
    "a host on two lines": (LINE, b"Host: www.example.org\r\n evil.example\r\n"),
    "a second host behind a bare line feed": (LINE, b"Host: www.example.org\nHost: evil.example\r\n"),
    "a line that begins with white space": (LINE, b" Host: evil.example\r\nHost: www.example.org\r\n"),
    "a space before the colon": (LINE, b"Host: www.example.org\r\nHost : evil.example\r\n"),
    "a space within": (LINE, b"Host: www.example.org evil.example\r\n"),
    "a NUL within": (LINE, b"Host: evil.example\x00.www.example.org\r\n"),
    "a slash within": (LINE, b"Host: evil.example/.www.example.org\r\n"),
    "an underscore for a dash": (LINE, b"Host: www.example.org\r\nX_Forwarded_Host: evil.example\r\n"),
    "no host": (LINE, b""),
    "no host in HTTP/1.0": (b"POST //evil.example/forgot-password HTTP/1.0\r\n", b""),
}


@pytest.mark.parametrize("case", RAW)
def test_an_ambiguous_host_does_not_change_where_the_link_leads(each: Target, case: str) -> None:
    """Servers and applications that disagree on the host (RFC 9112, 3.2; PortSwigger, HTTP Host header attacks)."""
    line, hosts = RAW[case]
    content = b"Content-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(BODY)

    answer = each.send(line + hosts + content + BODY, 2)

    each.settle()
    assert len(each.mails) == answer.startswith((b"HTTP/1.1 202", b"HTTP/1.0 202"))
    if each.mails:
        assert_ours(each)


@pytest.mark.parametrize(
    "fields",
    [
        {"reset_url": f"https://{EVIL}/"},
        {"redirect_to": f"https://{EVIL}/", "redirectTo": f"https://{EVIL}/"},
        {"callbackURL": f"https://{EVIL}/"},
        {"host": EVIL},
        {"locale": f"//{EVIL}"},
        {"locale": "de\r\nX-Evil: evil.example"},
        {"locale": "../../evil"},
        {"locale": "{{7*7}}"},
    ],
    ids=str,
)
def test_no_field_of_the_request_changes_where_the_link_leads(each: Target, fields: dict[str, str]) -> None:
    """The client chooses the page that gets the token (CWE-601), or the template (CWE-22)."""
    answer = each.post("/forgot-password", {"email": ANNA} | fields)

    each.settle()
    assert (answer.outcome, each.mails) == (REFUSED, [])
