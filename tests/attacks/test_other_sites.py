"""What protects a victim's browser: the pages, other sites' scripts, and caches."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.client import Answer
from tests.attacks.target import Target
from tests.support.service import NEW_PASSWORD

ANNA = "anna@example.com"
PAGES = ["/forgot-password", "/reset-password", "/docs"]
STATIC = Path(__file__).parents[2] / "api/pages/static"
OURS = [f"/static/{file.name}" for file in sorted(STATIC.iterdir()) if file.suffix in {".js", ".css"}]
ASSETS = [*OURS, "/static/icon.svg", "/openapi.json"]
ERRORS = ["/nothing", "/reset-password/", "/static/../app.py", "/healthz", "/metrics"]
ALLOWED = "https://www.example.com"
FOREIGN = [
    *("https://www.example.com.evil.example", "https://evilwww.example.com", "https://wwwXexample.com"),
    *("http://www.example.com", "https://www.example.com:8443", "https://example.com", "https://a.www.example.com"),
    *("https://www.example.com/", "https://www.example.com@evil.example", "https://WWW.EXAMPLE.COM", "null", "*"),
    *("https://www.example.com, https://evil.example", "https://www.example.com%00.evil.example"),
    # As a glob pattern, [::1] matches one character.
    *("http://1:3000", "http://::3000", "http://1:30001.evil.example", "http://[::1]:3000.evil.example"),
]


class Markup(HTMLParser):
    """Records what a strict policy would block, and every URL on a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.addresses: list[str] = []
        self.scripts = 0
        self._within = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag
        self.scripts += tag == "script"
        self.inline += [name for name, _ in attrs if name.startswith("on") or name == "style"]
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "action", "spec-url"}]

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within in {"script", "style"} and data.strip():
            self.inline.append(data)


def policy(answer: Answer) -> dict[str, str]:
    directives = (part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in directives}


def cross_origin(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize("path", PAGES + ERRORS)
def test_a_script_that_got_into_a_page_does_not_run(target: Target, path: str) -> None:
    """Cross-site scripting, CWE-79: the policy only allows scripts from this server."""
    found = policy(target.request("GET", path))

    sources = {
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "default-src": "'none'",
    }
    assert found == sources | {"base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'"}


@pytest.mark.parametrize("path", PAGES)
def test_pages_hold_nothing_inline_and_ask_nobody_else(target: Target, path: str) -> None:
    """Inline code, CWE-79, and a token that leaks through the Referer or to a third party, CWE-598."""
    answer = target.request("GET", f"{path}?token=%3Cscript%3Ealert(1)%3C/script%3E")
    markup = Markup(answer.body.decode())

    assert markup.scripts == (0 if path == "/docs" else 1)
    assert markup.inline == []
    assert [address for address in markup.addresses if not re.match(r"[a-z-]+([/.?#][^:]*)?$|#|mailto:", address)] == []
    assert b"alert(1" not in answer.body


def test_our_own_scripts_and_styles_name_no_other_server(target: Target) -> None:
    """A third party that learns the page's URL, CWE-829."""
    ours = b"".join(target.request("GET", path).body for path in OURS)

    assert len(ours) > 1000
    assert re.findall(rb"https?://|//[a-z]+\.|@import|eval\(|innerHTML|document\.write", ours) == []


@pytest.mark.parametrize("path", PAGES + ASSETS + ERRORS)
def test_no_answer_can_be_framed_sniffed_cached_or_referred_to(target: Target, path: str) -> None:
    """Clickjacking, CWE-1021; guessed types, CWE-430; cached secrets, CWE-525; Referer leaks, CWE-598; XS leaks."""
    walls = {
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
    }
    answers = [target.request(method, path) for method in ("GET", "HEAD", "POST", "OPTIONS")]

    assert [walls.items() - answer.headers.items() for answer in answers] == [set()] * 4


@pytest.mark.parametrize("path", PAGES)
def test_only_files_whose_address_names_their_content_are_kept(target: Target, path: str) -> None:
    """Cached secrets, CWE-525, and caches that are poisoned for a year, CWE-349."""
    addresses = Markup(target.request("GET", path).body.decode()).addresses
    files = [f"/{address}" for address in addresses if re.search("[0-9a-f]{16}", address)]

    assert len(files) >= 3
    for file in files:
        kept = target.request("GET", file).headers
        assert kept["cache-control"] == "public, max-age=31536000, immutable"
        assert "set-cookie" not in kept
        assert kept["x-content-type-options"] == "nosniff"
        # What another release, or somebody who tries, calls by another version.
        other = target.request("GET", re.sub("[0-9a-f]{16}", "0" * 16, file))
        assert (other.status, other.headers["cache-control"]) == (200, "no-store")
        assert target.request("POST", file).headers["cache-control"] == "no-store"
    assert target.request("GET", f"{files[0]}x").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/reset-password/x.css", "/reset-password%2f.js", "/reset-password;x.png"])
def test_pages_have_no_other_names_that_caches_would_store(target: Target, path: str) -> None:
    """Web cache deception, CWE-525."""
    answer = target.request("GET", path)

    assert answer.outcome == (404, "not_found")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("foreign", FOREIGN)
def test_another_origin_may_not_read_our_answers(proxied: Target, foreign: str) -> None:
    """Origins that are partially matched, CWE-942, or matched by patterns that permit more, CWE-625."""
    asked = {"Origin": foreign, "Access-Control-Request-Method": "POST"}

    answers = [proxied.forgot(ANNA, asked), proxied.request("OPTIONS", "/reset-password", headers=asked)]
    answers += [proxied.request("GET", "/openapi.json", headers=asked), proxied.reset("x")]

    assert [cross_origin(answer) for answer in answers] == [{}] * 4


@pytest.mark.parametrize("ours", [ALLOWED, "http://[::1]:3000"])
def test_an_allowed_origin_gets_no_more_than_it_needs(proxied: Target, ours: str) -> None:
    """Reflected origins with credentials and open private networks, CWE-942 (Flask-CORS CVE-2024-6221)."""
    asked = {"Origin": ours, "Access-Control-Request-Method": "POST", "Access-Control-Request-Private-Network": "true"}
    asked["Access-Control-Request-Headers"] = "content-type, authorization, cookie"

    answer = cross_origin(proxied.forgot(ANNA, {"Origin": ours}))
    before = cross_origin(proxied.request("OPTIONS", "/forgot-password", headers=asked))

    exposed = {"access-control-allow-origin": ours, "access-control-expose-headers": "Retry-After, X-Request-ID"}
    assert answer == exposed
    assert before == exposed | {
        "access-control-allow-headers": "content-type",
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-private-network": "false",
    }


def test_without_cors_origins_no_origin_may_read_our_answers(target: Target) -> None:
    """An unrequested wildcard, CWE-942."""
    answers = [
        target.forgot(ANNA, {"Origin": origin}) for origin in (ALLOWED, "null", f"http://127.0.0.1:{target.port}")
    ]

    assert [cross_origin(answer) for answer in answers] == [{}] * 3


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "text/plain;application/json",
        "",
    ],
)
def test_a_form_of_another_site_sends_nothing(target: Target, content_type: str) -> None:
    """Cross-site request forgery by simple requests, CWE-352: JSON needs a preflight."""
    target.add_user(ANNA)
    token, stored = target.token_of(ANNA), target.stored_hash(ANNA)
    bodies: dict[str, Any] = {
        "/forgot-password": {"email": ANNA},
        "/reset-password": {"token": token, "password": NEW_PASSWORD},
    }

    answers = [
        target.request("POST", path, json.dumps(body).encode(), {"Content-Type": content_type})
        for path, body in bodies.items()
    ]

    assert [answer.outcome for answer in answers] == [(415, "unsupported_media_type")] * 2
    assert target.recipients == []
    assert target.stored_hash(ANNA) == stored


def test_no_cookie_is_ever_set_or_looked_at(target: Target) -> None:
    """Session fixation and riding, CWE-384."""
    target.add_user(ANNA)
    cookies = {"Cookie": "session=eyJhIjoxfQ.x.y; token=1; __Host-id=2"}

    answers = [target.request("GET", path, headers=cookies) for path in PAGES + ASSETS + ERRORS]
    answers += [target.forgot(ANNA, cookies), target.check(target.token_of(ANNA)), target.reset("x")]

    assert [answer for answer in answers if "set-cookie" in answer.headers] == []
    assert [answer for answer in answers if "cookie" in answer.headers.get("vary", "").lower()] == []
