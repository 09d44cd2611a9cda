"""A proxy that serves the API under a path of a site: everything is found there, and nothing is asked at the root."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from socket import create_connection
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.attacks.nginx import find_nginx
from tests.browser.support.complaints import Complaints
from tests.browser.support.steps import PASSWORD, choose, heading
from tests.e2e.demo import Demo, fetch
from tests.support.servers import free_port, wait_until
from tests.support.service import token_in

PRODUCTION = Path(__file__).parents[3] / "docs/production.md"
CONFIGURATION = """
worker_processes 1;
pid {folder}/nginx.pid;
events {{ }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        {location}
        location / {{ return 404; }}
    }}
}}
"""


@pytest.fixture(scope="module")
def site(running_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the path."""
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    (shown,) = re.findall(r"^location /auth/ {.*}$", PRODUCTION.read_text(encoding="utf-8"), re.MULTILINE)
    location = shown.replace("http://api/", f"http://127.0.0.1:{running_demo.ports['PORT']}/")
    (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, port=port, location=location))
    options = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
    process = subprocess.Popen(
        [find_nginx(), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr", "-g", options]
    )
    wait_until(lambda: listens(port), "nginx does not come up")
    yield f"http://127.0.0.1:{port}/auth/"
    process.terminate()
    process.wait(10)


def listens(port: int) -> bool:
    with suppress(OSError), create_connection(("127.0.0.1", port)):
        return True
    return False


@pytest.fixture
def asked(page: Page) -> list[str]:
    """The paths of all that the browser asks for."""
    found: list[str] = []
    page.on("request", lambda one: found.append(urlsplit(one.url).path))
    return found


def test_the_whole_story_stays_below_the_path(demo: Demo, page: Page, site: str, asked: list[str]) -> None:
    address = demo.add_user("path@example.com")
    page.goto(site)
    page.get_by_label("Email address").fill(address)
    page.get_by_role("button", name="Send link").click()
    heading(page, "Check your email").wait_for()
    token = token_in(demo.wait_for_message(address, "Reset")["text"])

    page.goto(f"{site}reset-password#token={token}")
    choose(page, "short")
    page.get_by_text("This password can't be used:").wait_for()
    choose(page, PASSWORD)
    heading(page, "Your password has been changed").wait_for()
    page.goto(f"{site}reset-password/?locale=en#token={token}")
    heading(page, "This link no longer works").wait_for()
    page.get_by_role("link", name="Paste the link from your email").click()
    page.get_by_role("link", name="Request a new link").click()
    heading(page, "Forgot your password?").wait_for()

    assert page.url == f"{site}forgot-password?locale=en"
    assert len(asked) > 20
    assert [path for path in asked if not path.startswith("/auth/")] == []


def test_an_address_with_two_slashes_makes_no_host_of_its_path(demo: Demo, page: Page, site: str) -> None:
    """nginx takes two slashes for one; a browser that is asked for `//auth/...` would ask the host `auth`."""
    address, twice = demo.add_user("slashes@example.com"), site.replace("/auth/", "//auth/")
    page.goto(f"{twice}forgot-password")
    page.get_by_label("Email address").fill(address)
    page.get_by_role("button", name="Send link").click()
    heading(page, "Check your email").wait_for()
    token = token_in(demo.wait_for_message(address, "Reset")["text"])

    page.goto(f"{twice}reset-password#token={token}")
    choose(page, PASSWORD)

    heading(page, "Your password has been changed").wait_for()
    assert page.url == f"{twice}reset-password"


@pytest.mark.parametrize("query", ["?token={}", "?utm_source=mail&token={}"])
def test_no_server_outside_of_the_path_gets_the_token(
    demo: Demo, page: Page, complaints: Complaints, site: str, query: str
) -> None:
    """The proxy decodes the slash, so that the API cannot tell which directory the browser is in."""
    complaints.forgive("/reset-password 404")  # What a browser gets there: nothing.
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url.partition("#")[0]))

    page.goto(f"{site}reset-password%2F{query.format('secret-token')}")

    assert len(sent) > 1
    assert [url for url in sent if "secret-token" in url and not url.startswith(site)] == []


@pytest.mark.parametrize("path", ["nothing", "nothing/deep/down", "reset-password/x", ".well-known/nothing"])
def test_an_error_page_has_its_styles_and_links(demo: Demo, page: Page, site: str, asked: list[str], path: str) -> None:
    page.route(f"{site}{path}", lambda route: route.fulfill(response=route.fetch(), status=200))
    page.goto(f"{site}{path}")
    page.get_by_role("link", name="Request a new link").click()

    heading(page, "Forgot your password?").wait_for()
    assert [each for each in asked if not each.startswith("/auth/")] == []


def test_the_api_reference_and_its_links_stay_below_the_path(page: Page, site: str, asked: list[str]) -> None:
    page.goto(f"{site}docs")
    page.get_by_role("link", name="OpenAPI document").click()

    assert page.url == f"{site}openapi.json"
    assert [each for each in asked if not each.startswith("/auth/")] == []


def test_the_document_names_the_path_as_its_server(demo: Demo, site: str) -> None:
    document = json.loads(fetch(f"{site}openapi.json")[1])

    assert [urljoin(f"{site}openapi.json", server["url"]) for server in document["servers"]] == [site]


@pytest.mark.parametrize("path", ["", "forgot-password/", ".well-known/change-password"])
def test_a_redirect_stays_below_the_path_and_sets_no_cookie(demo: Demo, page: Page, site: str, path: str) -> None:
    answer = page.goto(f"{site}{path}")

    assert page.url == f"{site}forgot-password"
    assert answer
    assert "set-cookie" not in answer.headers
    expect(page.locator("#email")).to_have_css("border-radius", "10px")
