"""The pages without JavaScript."""

import pytest

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
