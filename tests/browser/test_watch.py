"""Tests of the checks that the other browser tests rely on to notice faults."""

import pytest
from playwright.sync_api import Page, Route

from tests.browser.conftest import OpenPage
from tests.browser.support.accessible import violations
from tests.browser.support.chromium import SMALLEST
from tests.browser.support.complaints import Complaints
from tests.browser.support.layout import sticking_out
from tests.e2e.demo import Demo

POLICY = "script-src 'self' 'unsafe-inline'; style-src 'self'"
FAULTS = {
    "<script>undefined.name</script>": "Script error",
    "<script>console.error('oh')</script>": "Console: oh",
    "<p style='color: red'>": "Blocked by the policy: style-src",
    "<script>eval('1')</script>": "Blocked by the policy: script-src",
    "<img src='http://127.0.0.2/pixel.gif'>": "Asked elsewhere: http://127.0.0.2/pixel.gif",
    "<img src='http://localhost:1/pixel.gif'>": "Failed: http://localhost:1/pixel.gif",
    "<img src='/pixel.gif'>": "Answered: http",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_on_a_page_is_noticed(demo: Demo, page: Page, complaints: Complaints, fault: str) -> None:
    def answer(route: Route) -> None:
        route.fulfill(body=fault, content_type="text/html", headers={"Content-Security-Policy": POLICY})

    page.route("**/faulty", answer)
    page.goto(demo.url("/faulty"))

    heard = complaints.all()
    complaints.forgive("")
    assert any(FAULTS[fault] in text for text in heard), heard


def test_a_field_without_a_label_is_noticed(page: Page) -> None:
    page.set_content("<!doctype html><html lang='en'><title>A page</title><main><h1>A page</h1><input></main>")

    assert [found.partition(":")[0] for found in violations(page)] == ["label"]


@pytest.mark.parametrize(
    "wide",
    [
        "<p style='width: 400px'>Wide</p>",
        "<button style='width: 60px'>Donaudampfschifffahrt</button>",
        "<p>" + "long" * 30 + "</p>",
        "<p style='margin-left: -40px'>Left</p>",
    ],
)
def test_an_element_that_sticks_out_of_the_screen_is_noticed(open_page: OpenPage, wide: str) -> None:
    page = open_page(**SMALLEST)
    page.set_content(f"<!doctype html><meta name=viewport content='width=device-width'><p>Fits</p>{wide}")

    assert len(sticking_out(page)) >= 1


def test_complaints_in_new_tabs_are_noticed(page: Page, complaints: Complaints) -> None:
    page.set_content("<a href='http://127.0.0.2/' target='_blank'>Elsewhere</a>")
    with page.context.expect_page():
        page.get_by_role("link").click()

    heard = complaints.all()
    complaints.forgive("")
    assert "Asked elsewhere: http://127.0.0.2/" in heard
