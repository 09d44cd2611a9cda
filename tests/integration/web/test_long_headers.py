"""Headers and queries of 30 kB: none of them costs the time that its parser would take."""

import time

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from tests.conftest import MakeService
from tests.support.service import Service

LENGTH = 30_000
MAX_SECONDS = 0.004  # More for one request than without the header. The parsers took up to 0.125.
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


def seconds(service: Service, method: str, path: str, headers: dict[str, str], query: str = "") -> float:
    """Return what the API takes for a request, at best; the making of the request does not count."""
    took = []
    for _ in range(5):
        environ = create_environ(path, method=method, headers=headers) | {"QUERY_STRING": query}
        begun = time.process_time()
        run_wsgi_app(service.app, environ)
        took.append(time.process_time() - begun)
    return min(took)


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_a_long_header_takes_no_time(service: Service, method: str, path: str) -> None:
    usual = {"Accept": "text/html", "Accept-Language": "de"} | (ORIGIN if method == "OPTIONS" else {})
    without = seconds(service, method, path, usual)

    slow = {
        f"{name}: {repeated}": round(took, 4)
        for name, repeated in REPEATED
        if (took := seconds(service, method, path, usual | {name: (repeated * LENGTH)[:LENGTH]}))
        > without + MAX_SECONDS
    }

    assert slow == {}


@pytest.mark.parametrize("repeated", ["a=b&", "&", "a&", "%ff=%ff&", "locale=de&", "locale=%ff&", "&locale"])
@pytest.mark.parametrize(("method", "path"), [*REQUESTS, ("GET", "/"), ("GET", "/forgot-password"), ("GET", "/logo")])
def test_a_long_query_takes_no_time(service: Service, method: str, path: str, repeated: str) -> None:
    long = (repeated * LENGTH)[:LENGTH]

    assert seconds(service, method, path, {}, long) < seconds(service, method, path, {}) + MAX_SECONDS


def test_a_header_that_is_cut_is_still_read(service: Service) -> None:
    page = service.client.get("/nothing", headers={"Accept": "text/html," + "a/b," * LENGTH})

    assert page.mimetype == "text/html"
