"""Errors in a browser: pages, while programs get problem documents. Damaged addresses lead to the page meant."""

import pytest

from shared.languages import LANGUAGES, tag
from tests.conftest import MakeService
from tests.support.servers import RedisServer
from tests.support.service import Service

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"}
SCRIPTS = ["", "*/*", "application/json", "application/json, text/html", "application/problem+json", "text/plain"]
ERRORS = [
    ("GET", "/nothing", 404),
    ("GET", "/nothing/deep/down", 404),
    ("GET", "/reset-password;x.png", 404),
    ("PUT", "/forgot-password", 405),
    ("GET", "/reset-password/check", 405),
    ("POST", "/forgot-password", 415),
]
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def service(share_service: MakeService) -> Service:
    """One for all of these tests: none changes it."""
    return share_service()


@pytest.mark.parametrize(("method", "path", "status"), ERRORS)
def test_a_browser_gets_a_page_and_a_program_the_problem(service: Service, method: str, path: str, status: int) -> None:
    page = service.client.open(path, method=method, headers=BROWSER)
    problems = [service.client.open(path, method=method, headers={"Accept": each}) for each in SCRIPTS]

    assert (page.status_code, page.content_type) == (status, "text/html; charset=utf-8")
    assert "<h1" in page.text
    assert {(each.status_code, each.content_type) for each in problems} == {(status, "application/problem+json")}
    for name in ("Allow", "Content-Language", "Retry-After", "Content-Security-Policy", "Cache-Control"):
        assert page.headers.get(name) == problems[0].headers.get(name), name


def test_a_page_says_of_limits_sizes_and_faults_what_the_problem_says(make_service: MakeService) -> None:
    service = make_service(FORGOT_LIMIT_PER_IP="1/hour")
    service.forgot("anna@example.com")

    limited = service.client.post("/forgot-password", json={"email": "anna@example.com"}, headers=BROWSER)
    large = service.client.post("/forgot-password", data=b"x" * 20_000, headers=BROWSER | JSON)

    assert (limited.status_code, limited.mimetype) == (429, "text/html")
    assert int(limited.headers["Retry-After"]) > 3000
    assert "Too many attempts. Please wait a moment." in limited.text
    assert (large.status_code, large.mimetype) == (413, "text/html")
    assert "16 KiB" in large.text


def test_a_service_that_is_away_says_so_on_a_page(make_service: MakeService, own_redis: RedisServer) -> None:
    service = make_service(REDIS_URL=own_redis.url)
    own_redis.stop()
    try:
        away = service.client.post("/forgot-password", json={"email": "anna@example.com"}, headers=BROWSER)
    finally:
        own_redis.start()

    assert (away.status_code, away.mimetype, away.headers["Retry-After"]) == (503, "text/html", "5")
    assert "Please try again in a moment." in away.text


def test_an_error_that_nobody_thought_of_is_a_page_too(make_service: MakeService) -> None:
    service = make_service()
    service.app.add_url_rule("/fails", view_func=lambda: str(1 / 0))

    page = service.client.get("/fails", headers=BROWSER)

    assert (page.status_code, page.mimetype) == (500, "text/html")
    assert "ZeroDivisionError" not in page.text


def test_an_error_page_that_breaks_is_a_problem_document(make_service: MakeService) -> None:
    service = make_service()
    service.app.jinja_env.globals["url_for"] = None
    service.app.template_context_processors[None].append(lambda: {"url_for": None})

    answer = service.client.get("/nothing", headers=BROWSER)

    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")


@pytest.mark.parametrize("code", LANGUAGES)
def test_an_error_page_is_in_the_visitors_language(service: Service, code: str) -> None:
    page = service.client.get("/nothing", headers=BROWSER | {"Accept-Language": tag(code)})

    assert f'<html lang="{tag(code)}"' in page.text


@pytest.mark.parametrize(
    ("asked", "leads"),
    [
        ("/reset-password/", "../reset-password"),
        ("/forgot-password/", "../forgot-password"),
        ("/forgot-password/?locale=de", "../forgot-password?locale=de"),
        ("/reset-password//", "../../reset-password"),
        ("/Reset-Password", "reset-password"),
        ("/reset-password.", "reset-password"),
        ("/reset-password%20", "reset-password"),
        ("/reset-password%E2%80%8B", "reset-password"),
        ("/reset-password%23token=a.b.c", "reset-password#token=a.b.c"),
        ("/reset-password/%23token%3Da.b.c", "../reset-password#token=a.b.c"),
        ("/reset-password%3Ftoken=a.b.c", "reset-password#token=a.b.c"),
        ("/reset-password%23token=a%0D%0ASet-Cookie:x", "reset-password#token=a%0D%0ASet-Cookie%3Ax"),
        ("/reset-password.?token=a.b.c", "reset-password?token=a.b.c"),
        # The slash may have been encoded, and then this leads out of the proxy's path: a fragment is not sent.
        ("/reset-password/?token=a.b.c", "../reset-password#token=a.b.c"),
        ("/reset-password%2F?token=a.b.c", "../reset-password#token=a.b.c"),
        ("/reset-password//?x=1&token=a.b.c", "../../reset-password#x=1&token=a.b.c"),
        ("/reset-password/%23x?token=a.b.c", "../reset-password#token=a.b.c&x"),
        ("/.well-known/change-password", "../forgot-password"),
        ("/.well-known/change-password?locale=de", "../forgot-password?locale=de"),
    ],
)
def test_an_address_that_is_not_quite_the_pages_leads_to_it(service: Service, asked: str, leads: str) -> None:
    answer = service.client.get(asked, headers=BROWSER)

    assert (answer.status_code, answer.headers["Location"]) == (302, leads)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/reset-password/x.css", "/reset-password%2f.js", "/x/reset-password/", "/x//reset-password"]
)
def test_other_addresses_lead_nowhere(service: Service, path: str) -> None:
    answer = service.client.get(path, headers=BROWSER)

    assert answer.status_code == 404
    assert "Location" not in answer.headers


def test_what_does_not_exist_below_well_known_is_a_404(service: Service) -> None:
    """Password managers try this before they believe in the redirect (W3C, change-password-url, 3.2)."""
    path = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"

    assert service.client.get(path, headers=BROWSER).status_code == 404


def test_a_program_is_led_to_the_page_for_changing_a_password_too(service: Service) -> None:
    assert service.client.get("/.well-known/change-password").status_code == 302
