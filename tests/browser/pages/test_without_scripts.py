"""The pages without JavaScript: it is off, does not load, or does not run."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.support.accessible import assert_accessible
from tests.browser.support.complaints import Complaints
from tests.browser.support.layout import sticking_out
from tests.e2e.demo import Demo


@pytest.mark.parametrize("path", ["/forgot-password", "/reset-password"])
def test_the_page_says_that_it_needs_javascript(
    demo: Demo, open_page: OpenPage, complaints: Complaints, path: str
) -> None:
    complaints.forgive(".js csp")  # The browser reports that it did not run the scripts.
    page = open_page(java_script_enabled=False)

    page.goto(demo.url(path))

    assert page.locator("noscript p").is_visible()
    assert page.get_by_role("heading", level=1).count() == 1
    # Controls that cannot work are hidden.
    assert page.locator("button:visible, input:visible").count() == 0
    assert sticking_out(page) == []
    # axe is a script itself, so it checks a copy of the page without its scripts.
    html = page.content().replace("noscript>", "div>").replace("<script", "<template").replace("</script", "</template")
    looked_at = open_page()
    looked_at.route(f"**{path}", lambda route: route.fulfill(body=html, content_type="text/html"))
    looked_at.goto(demo.url(path))
    assert_accessible(looked_at)


PAGES = {
    "/forgot-password": ["forgot", "api", "clock", "form", "page"],
    "/reset-password": ["reset", "api", "clock", "form", "link", "page", "password"],
    "/docs": ["docs", "rapidoc-min"],
}


@pytest.mark.parametrize(("path", "script"), [(path, script) for path, names in PAGES.items() for script in names])
def test_a_script_that_does_not_come_is_told(
    demo: Demo, page: Page, complaints: Complaints, path: str, script: str
) -> None:
    complaints.forgive("net::ERR_FAILED", "net::ERR_BLOCKED")
    page.route(f"**/{script}.js", lambda route: route.abort("blockedbyclient"))

    page.goto(demo.url(path), wait_until="commit")

    expect(page.locator(".unready")).to_be_visible()
    assert page.locator("button:enabled:visible").count() == 0
    assert sticking_out(page) == []


@pytest.mark.parametrize("path", PAGES)
def test_a_script_that_the_browser_cannot_read_is_told(
    demo: Demo, page: Page, complaints: Complaints, path: str
) -> None:
    complaints.forgive("Script error", "Console")
    page.route(f"**/{PAGES[path][0]}.js", lambda route: route.fulfill(body="/(?<bad/;", content_type="text/javascript"))

    page.goto(demo.url(path))

    expect(page.locator(".unready")).to_be_visible()


def test_a_style_that_does_not_come_hides_nothing(demo: Demo, page: Page, complaints: Complaints) -> None:
    complaints.forgive("net::ERR_FAILED")
    page.route("**/*.js", lambda route: route.abort())
    page.route("**/*.css*", lambda route: route.abort())

    page.goto(demo.url("/reset-password"))

    assert page.locator(".unready").is_visible()


@pytest.mark.parametrize("path", PAGES)
def test_where_scripts_run_nothing_is_told(demo: Demo, page: Page, path: str) -> None:
    page.goto(demo.url(path))
    page.wait_for_timeout(2500)  # The sentence would come after two seconds.

    assert not page.locator(".unready").is_visible()
