"""Calls from pages of other origins: which may call, and with which headers."""

import pytest

from tests.conftest import MakeService
from tests.support.service import Service

SITE = "https://www.example.com"
TRACING = [
    "traceparent, tracestate, baggage",
    "sentry-trace, baggage",
    "b3",
    "x-b3-traceid, x-b3-spanid, x-b3-parentspanid, x-b3-sampled, x-b3-flags",
    "x-datadog-trace-id, x-datadog-parent-id, x-datadog-origin, x-datadog-sampling-priority, x-datadog-tags",
    "newrelic, traceparent, tracestate",
    "x-cloud-trace-context",
    "x-amzn-trace-id",
    "x-request-id, x-correlation-id",
    "request-context, request-id",
    "uber-trace-id",
    "elastic-apm-traceparent",
    "x-requested-with",
]


def allowed(service: Service, headers: str, origin: str = SITE, path: str = "/forgot-password") -> set[str]:
    """Ask as a browser does before a request with these headers, and return the names that it may send."""
    asks = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": headers}
    answer = service.client.options(path, headers=asks).headers
    return set(answer.get("Access-Control-Allow-Headers", "").split(", ")) - {""}


@pytest.mark.parametrize("path", ["/forgot-password", "/reset-password", "/reset-password/check"])
@pytest.mark.parametrize("headers", TRACING)
def test_a_page_that_traces_its_requests_may_call(make_service: MakeService, headers: str, path: str) -> None:
    service = make_service(CORS_ORIGINS=SITE)
    asked = f"content-type, {headers}"

    assert allowed(service, asked, path=path) == set(asked.split(", "))


def test_other_headers_are_taken_where_a_setting_names_them(make_service: MakeService) -> None:
    asked = "content-type, x-api-key, x-api-key-2, x-tenant, xxb3-traceid, x-b3-"

    assert allowed(make_service(CORS_ORIGINS=SITE), asked) == {"content-type"}
    named = make_service(CORS_ORIGINS=SITE, CORS_ALLOW_HEADERS="X-Api-Key, X-Tenant")
    assert allowed(named, asked) == {"content-type", "x-api-key", "x-tenant"}
    assert allowed(named, asked, "https://evil.example") == set()


@pytest.mark.parametrize(
    ("setting", "sent"),
    [
        ("capacitor://localhost", "capacitor://localhost"),
        ("ionic://localhost", "ionic://localhost"),
        ("tauri://localhost", "tauri://localhost"),
        ("http://tauri.localhost", "http://tauri.localhost"),
        ("app://-", "app://-"),
        ("app://com.example.shop", "app://com.example.shop"),
        ("com.example.app://localhost", "com.example.app://localhost"),
        (f"chrome-extension://{'abcdefgh' * 4}", f"chrome-extension://{'abcdefgh' * 4}"),
        (
            "moz-extension://0a1b2c3d-1111-4222-8333-444455556666",
            "moz-extension://0a1b2c3d-1111-4222-8333-444455556666",
        ),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("https://www.example.com:443", "https://www.example.com"),
        ("http://WWW.example.com:80", "http://www.example.com"),
    ],
)
def test_an_origin_is_taken_as_browsers_and_apps_send_it(make_service: MakeService, setting: str, sent: str) -> None:
    service = make_service(CORS_ORIGINS=f"https://other.example, {setting}")

    assert allowed(service, "content-type", sent) == {"content-type"}
    assert service.forgot("anna@example.com", headers={"Origin": sent}).headers["Access-Control-Allow-Origin"] == sent
    for other in (f"{sent}.evil.example", sent.replace("://", "://x", 1), f"x{sent}", "null"):
        assert allowed(service, "content-type", other) == set()
