"""/docs: the API reference in Chromium, light and dark, on phone and desktop."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.frontends.conftest import MakeApi

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# RapiDoc's own, inside of what it draws: text areas without labels, and two navigations of one name.
THEIRS = {"label", "landmark-unique"}
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.mark.parametrize(("device", "scheme"), [("phone", "light"), ("desktop", "dark")])
def test_the_reference_can_be_read(browser: "Browser", make_api: MakeApi, device: str, scheme: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    size: Any = {"width": 390 if device == "phone" else 1280, "height": 844}
    context = browser.new_context(viewport=size, color_scheme=scheme)
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page = context.new_page()

    page.goto(f"{make_api().url}/docs#post-/reset-password")
    page.get_by_role("heading", name="Set a new password").wait_for()
    page.get_by_role("button", name="Try").locator("visible=true").first.scroll_into_view_if_needed()
    found = {violation["id"] for violation in Axe().run(page).response["violations"]}
    theme, title = page.locator("rapi-doc").get_attribute("theme"), page.title()
    lightness = page.evaluate(BACKGROUND)
    context.close()

    assert found <= THEIRS
    assert (theme, title) == (scheme, "Latchkey: API reference")
    assert lightness == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(18, 22, 28)")
    assert complaints == []
