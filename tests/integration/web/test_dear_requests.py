"""No request costs more than five times a request for a link, unless a limit counts it too.

The work is counted in calls of functions, because a busy machine takes its time. All routes of the app are asked, so a
new one is tested without being named here.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType, SimpleNamespace
from typing import Any, NamedTuple

import brotli
import pytest
from flask import Flask
from werkzeug.test import create_environ, run_wsgi_app

from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.support.service import Service

MOST = 5
LENGTH = 16_000  # A header and a body of this length pass the server and the proxy.
# A call of these, or of an object's method from there, is no small step. It counts as so many.
DEAR_MODULES, DEAR = {"zlib", "brotli", "bcrypt._bcrypt", "_bcrypt", "sqlite3"}, 10_000
ASKS = {"Origin": "https://app.example.org", "Access-Control-Request-Method": "POST"}
JSON = {"Content-Type": "application/json"}
USUAL = {"OPTIONS": ASKS, "POST": JSON}  # By method.
EXAMPLES = {"filename": "latchkey.css"}  # For the arguments of routes; others are `x`.


class Asked(NamedTuple):
    """A request, with what the failure says of it."""

    what: str
    method: str
    path: str
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes = b""
    query: str = ""


HEADERS = {
    f"{name}: {repeated}": {name: (repeated * LENGTH)[:LENGTH]}
    for names, all_repeated in [
        (("Accept", "Accept-Encoding", "Accept-Language"), ("text/html;q=0.1,", "de,", ";a=b", "br;q=0.1,", '"')),
        (("Access-Control-Request-Headers",), ("a,", ",", "x-b3-a,", "x-datadog-")),
        (("Content-Type",), ("application/json;a=b;", ";", "a,")),
        (("Authorization",), ("Bearer ", "Basic YTpi,", 'Digest a="\\')),
        (("Cookie", "Range", "If-None-Match", "Host", "Origin"), ("a=b;", '"a",', "a.")),
        (("X-Forwarded-For", "X-Forwarded-Proto", "User-Agent", "X-Request-ID"), ("127.0.0.1,", "https,", "a (")),
    ]
    for name in names
    for repeated in all_repeated
} | {"no header": {}, "a browser": {"Accept": "text/html,*/*;q=0.8", "Accept-Encoding": "gzip, deflate, br, zstd"}}
BODIES = {
    "nested lists": b"[" * LENGTH,
    "nested objects": b'{"a":' * 3000,
    "many objects": b'{"email":[' + b",".join([b'{"a":1}'] * 1900) + b"]}",
    "many fields": json.dumps({f"field{number}": number for number in range(900)}).encode(),
    "one field again and again": b"{" + b",".join([b'"email":"a@b.de"'] * 900) + b"}",
    "a long number": b'{"email":' + b"9" * LENGTH + b"}",
    "long numbers": b'{"token":[' + b",".join([b"9" * 4300] * 3) + b"]}",
    "many numbers": b'{"email":[' + b",".join([b"1"] * 8000) + b"]}",
    "a large power": b'{"email":1e' + b"9" * LENGTH + b"}",
    "escapes": b'{"email":"' + b"\\u0041" * 2600 + b'"}',
    "a long text": json.dumps({"email": "a" * LENGTH}).encode(),
    "a long token": json.dumps({"token": "a" * LENGTH, "password": "x"}).encode(),
    "a forged token": json.dumps({"token": f"{'a' * 200}.bbbbbb.{'c' * 27}", "password": "ä" * 30}).encode(),
    "a domain of many labels": json.dumps({"email": f"a@{'.'.join(['жж'] * 80)}"}).encode(),
    "a domain that IDNA refuses at last": json.dumps({"email": f"a@{'.'.join(['ж' * 48] * 4)}.☃"}).encode(),
    "a domain of short labels": json.dumps({"email": f"a@{'.'.join('א' * 31)}.☃"}).encode(),
    "an ASCII form that is none": json.dumps({"email": f"a@{'.'.join(['xn--mnchen-3ya'] * 16)}.xn--a"}).encode(),
    "a locale": json.dumps({"email": "a@example.com", "locale": "de-" * 5000}).encode(),
}


def paths(app: Flask) -> Iterator[tuple[str, list[str]]]:
    """List every route of the app with its methods, and with one that it does not take."""
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda name: EXAMPLES.get(name[1], "x"), rule.rule)
        yield path, sorted({"OPTIONS", "BREW", *(rule.methods or {"GET"})})
    yield "/nothing", ["GET", "POST"]


def dear_requests(app: Flask) -> Iterator[Asked]:
    """List the dear inputs for every route."""
    for path, methods in paths(app):
        for method in methods:
            for what, headers in HEADERS.items():
                yield Asked(what, method, path, USUAL.get(method, {}) | headers)
            if method == "POST":
                for what, body in BODIES.items():
                    yield Asked(what, method, path, JSON, body)
                    yield Asked(f"{what}, page", method, path, JSON | {"Accept": "text/html"}, body)
            for query in ("a=b&", "&", "locale=%ff&", "%"):
                yield Asked(f"?{query}", method, path, USUAL.get(method, {}), query=(query * LENGTH)[:LENGTH])
    for name in ("a/", "/", ".", "%", "ä", "a%2f"):
        for start in ("/", "/forgot-password", "/reset-password/", "/static/"):
            yield Asked("a long path", "GET", start + (name * LENGTH)[:LENGTH], {"Accept": "text/html"})


def work(app: Flask, asked: Asked) -> int:
    """Count the calls of functions for a request; the making of the request does not count."""
    environ = create_environ(asked.path, method=asked.method, headers=dict(asked.headers), data=asked.body)
    environ["QUERY_STRING"], environ["PATH_INFO"] = asked.query, asked.path.encode().decode("latin-1")
    counted = 0

    def count(_frame: Any, event: str, called: Any) -> None:
        nonlocal counted
        if event == "c_call":
            owner = getattr(called, "__self__", None)
            modules = {getattr(called, "__module__", ""), type(owner).__module__, getattr(owner, "__name__", "")}
            counted += DEAR if modules & DEAR_MODULES else 1
        counted += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        run_wsgi_app(app, environ)
    finally:
        sys.setprofile(before)
    return counted


def counts(service: Service) -> set[tuple[str, str]]:
    """Return the counters of all limits."""
    counters = service.redis.scan_iter(f"{Key.LIMITS}*", _type="string")
    return {(key, str(service.redis.get(key))) for key in counters}


def too_dear(service: Service, start: str = "/") -> list[str]:
    """Send every dear request to paths with this start; return those that cost too much and that no limit counts."""
    app, found = service.app, []
    for path, methods in paths(app):
        for method in methods:
            for language in ("en", "de"):  # What is made once, in each language, is made here.
                for headers in HEADERS["no header"], HEADERS["a browser"]:
                    usual = USUAL.get(method, {}) | headers
                    work(app, Asked("", method, path, usual | {"Accept-Language": language}))
                    work(app, Asked("", method, path, usual, query=f"locale={language}"))
    request = Asked("", "POST", "/forgot-password", JSON, b'{"email": "anna@example.com"}')
    work(app, request)
    most = MOST * work(app, request)
    for asked in (each for each in dear_requests(app) if each.path.startswith(start)):
        before, made = counts(service), work(app, asked)
        if made > most and counts(service) == before:
            found.append(f"{asked.method} {asked.path[:40]} ({asked.what}): {MOST * made / most:.1f}")
    return found


@pytest.fixture
def service(make_service: MakeService, monkeypatch: pytest.MonkeyPatch) -> Service:
    # The clock stands still, so that /readyz tries the probes once: at most once a second, whoever asks.
    monkeypatch.setattr("api.ops.health.time", SimpleNamespace(monotonic=lambda: 0.0))
    return make_service(CORS_ORIGINS=ASKS["Origin"], METRICS_TOKEN="0123456789-token-of-the-tests", TRUSTED_PROXIES="1")


def test_no_request_costs_more_than_five_times_one_that_a_limit_counts(service: Service) -> None:
    assert too_dear(service) == []


def compresses() -> str:
    return str(len(brotli.compress(b"x" * 1000)))


def counts_up() -> str:
    return str(sum(len(str(number)) for number in range(5000)))


@pytest.mark.parametrize("view", [compresses, counts_up])
def test_a_new_endpoint_that_is_dear_is_found(service: Service, view: Callable[[], str]) -> None:
    service.app.add_url_rule("/new/<name>", view_func=lambda name: view(), endpoint="new")

    found = too_dear(service, "/new")

    assert {each.partition(" (")[0] for each in found} == {"GET /new/x", "HEAD /new/x"}


def test_a_deep_path_makes_no_long_answer(service: Service) -> None:
    """Each of its slashes would make every link of an error page longer."""
    answer = service.client.get("/a" * 4000, headers={"Accept": "text/html"})

    assert answer.status_code == 404
    assert len(answer.data) < 2000
