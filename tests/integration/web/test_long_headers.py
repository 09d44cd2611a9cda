"""Headers and queries of 30 kB: none of them costs the work that its parser would do with all of it.

The work is counted in calls of functions, because a busy machine takes its time.
"""

import sys
from typing import Any

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from tests.conftest import MakeService
from tests.support.service import Service

LENGTH = 30_000
MAX_CALLS = 2_500  # More for one request than without the header. The parsers made 20,000 and more.
ORIGIN = {"Origin": "https://app.example.org", "Access-Control-Request-Method": "POST"}
REPEATED = [
    *[("Accept", each) for each in ("text/html,", "a/b;q=0.1,", 'x;y="', ",", "a/b;c=d;")],
    *[("Accept-Encoding", each) for each in ("gzip,", "gzip;q=0.1,", ",", ";")],
    *[("Access-Control-Request-Headers", each) for each in ("x-b3-a,", "a,", ",", "x-datadog-")],
    *[("Content-Type", each) for each in ("a;", ";", "application/json;a=b;", "application/json;a*0=b;")],
    *[("Authorization", each) for each in ("Digest a=b,", 'Digest a="\\', "Basic ", "Bearer ")],
    *[("If-None-Match", each) for each in ('"a",', "W/", ",")],
    *[
        (name, each)
        for name in ("Host", "Cookie", "Range", "X-Forwarded-For", "Origin")
        for each in ("a.", "a=b;", ",")
    ],
    *[(name, each) for name in ("Accept-Language", "User-Agent", "X-Request-ID") for each in ("de,", "Mozilla/5.0 (")],
]
REQUESTS = [
    ("GET", "/nothing"),
    ("GET", "/docs"),
    ("GET", "/metrics"),
    ("POST", "/forgot-password"),
    ("OPTIONS", "/forgot-password"),
]


@pytest.fixture
def service(share_service: MakeService) -> Service:
    """One for all of these tests: none changes it."""
    return share_service(CORS_ORIGINS=ORIGIN["Origin"], METRICS_TOKEN="0123456789-token-of-the-tests")


def calls(service: Service, method: str, path: str, headers: dict[str, str], query: str = "") -> int:
    """Count the calls of functions for a request; the making of the request does not count."""
    environ = create_environ(path, method=method, headers=headers) | {"QUERY_STRING": query}
    run_wsgi_app(service.app, dict(environ))  # What is made once is made here.
    counted = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal counted
        counted += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        run_wsgi_app(service.app, environ)
    finally:
        sys.setprofile(before)
    return counted


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_a_long_header_makes_no_work(service: Service, method: str, path: str) -> None:
    usual = {"Accept": "text/html", "Accept-Language": "de"} | (ORIGIN if method == "OPTIONS" else {})
    without = calls(service, method, path, usual)

    slow = {
        f"{name}: {repeated}": made
        for name, repeated in REPEATED
        if (made := calls(service, method, path, usual | {name: (repeated * LENGTH)[:LENGTH]})) > without + MAX_CALLS
    }

    assert slow == {}


@pytest.mark.parametrize("repeated", ["a=b&", "&", "a&", "%ff=%ff&", "locale=de&", "locale=%ff&", "&locale"])
@pytest.mark.parametrize(("method", "path"), [*REQUESTS, ("GET", "/"), ("GET", "/forgot-password"), ("GET", "/logo")])
def test_a_long_query_makes_no_work(service: Service, method: str, path: str, repeated: str) -> None:
    long = (repeated * LENGTH)[:LENGTH]

    assert calls(service, method, path, {}, long) < calls(service, method, path, {}) + MAX_CALLS


def test_a_header_that_is_cut_is_still_read(service: Service) -> None:
    page = service.client.get("/nothing", headers={"Accept": "text/html," + "a/b," * LENGTH})

    assert page.mimetype == "text/html"
