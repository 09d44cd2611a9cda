"""Redirects and pages stay on this host, whatever host and path a request names."""

import re

import pytest

from tests.attacks.mails import EVIL, Page
from tests.attacks.target import Target
from tests.attacks.test_where_links_lead import HEADERS

PAGES = ("/forgot-password", "/reset-password", "/docs", "/openapi.json")
FALSE = [headers for headers in HEADERS if "X-Request-ID" not in headers]  # X-Request-ID is echoed as the request id.


@pytest.fixture(params=["no proxy", "proxy"])
def plain(request: pytest.FixtureRequest) -> Target:
    target: Target = request.getfixturevalue({"no proxy": "target", "proxy": "trusting"}[request.param])
    return target


def locations(answer: bytes) -> set[str]:
    """Return the redirect targets of a response, in all of its headers."""
    head = answer.partition(b"\r\n\r\n")[0].decode()
    return set(re.findall(r"^location: *(.*?)\r?$", head, re.MULTILINE | re.IGNORECASE))


@pytest.mark.parametrize("headers", FALSE, ids=lambda headers: ascii(headers)[1:60])
def test_no_header_changes_the_host_of_a_redirect(plain: Target, headers: dict[str, str]) -> None:
    """A redirect to the request's Host is an open redirect, and poisons caches (Symfony CVE-2018-14773, CWE-601)."""
    answer = plain.request("GET", "/", headers=headers)

    assert answer.status in (302, 400)
    assert answer.headers.get("location", "forgot-password") == "forgot-password"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        f"//{EVIL}",
        f"//{EVIL}/%2e%2e",
        f"///{EVIL}//",
        f"/\\{EVIL}",
        f"/%5c{EVIL}",
        f"/%2f%2f{EVIL}",
        f"/%0d%0aLocation:%20https://{EVIL}",
        f"/.{EVIL}",
        f"/@{EVIL}",
        f"/forgot-password//{EVIL}",
        f"//{EVIL}/forgot-password",
        f"/forgot-password/?next=https://{EVIL}",
        f"/static//{EVIL}/..",
        f"/?next=https://{EVIL}&url=//{EVIL}",
    ],
)
def test_no_path_changes_the_host_of_a_redirect(target: Target, path: str) -> None:
    """Double slashes, and normalised slashes (Django CVE-2018-14574, Werkzeug CVE-2020-28724)."""
    answer = target.send(f"GET {path} HTTP/1.1\r\nHost: www.example.org\r\nConnection: close\r\n\r\n".encode(), 2)

    assert locations(answer) <= {"forgot-password"}
    assert EVIL not in answer.decode().lower()


@pytest.mark.parametrize("path", ["//", "//forgot-password", "/static//latchkey.css", "/static//../latchkey.css"])
def test_a_path_with_double_slashes_leads_to_no_other_host(plain: Target, path: str) -> None:
    """Werkzeug's redirect that merges double slashes is absolute, to the request's Host (CWE-601)."""
    answer = plain.send(f"GET {path} HTTP/1.1\r\nHost: {EVIL}\r\nConnection: close\r\n\r\n".encode(), 2)

    assert locations(answer) <= {"forgot-password"}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_nothing_from_the_host_of_the_request(plain: Target, path: str) -> None:
    """Scripts loaded from the request's Host, which poison caches (CWE-349, CWE-644)."""
    usual = plain.request("GET", path).body
    for headers in FALSE:
        answer = plain.request("GET", path, headers=headers)

        assert answer.status in (200, 400)
        if answer.status == 200:
            assert answer.body == usual
    if path == "/openapi.json":
        return
    loaded = [str(value) for name, value in Page(usual.decode()).other if name in ("src", "href")]
    assert all(re.match(r"(static/|brand\.css|[a-z-]+$|openapi\.json$)", value) for value in loaded)
