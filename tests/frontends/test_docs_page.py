"""/docs: the API reference in Chromium, light and dark, on phone and desktop."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.frontends.conftest import MakeApi

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Violations inside RapiDoc's own markup: unlabelled text areas, and two navigations with the same name.
THEIRS = {"label", "landmark-unique"}
BACK = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 28)"}


@pytest.mark.parametrize(("device", "scheme"), [("phone", "light"), ("desktop", "dark")])
def test_the_reference_can_be_read(browser: "Browser", make_api: MakeApi, device: str, scheme: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import expect

    size: Any = {"width": 390 if device == "phone" else 1280, "height": 844}
    context = browser.new_context(viewport=size, color_scheme=scheme)
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page = context.new_page()

    page.goto(f"{make_api().url}/docs#post-/reset-password")
    page.get_by_role("heading", name="Set a new password").wait_for()
    for button in page.get_by_role("button", name="Try").all():
        expect(button).to_have_css("color", BACK[scheme])  # The button fades in.
    violations = Axe().run(page).response["violations"]
    found = [(each["id"], node["failureSummary"]) for each in violations for node in each["nodes"]]
    theme, title = page.locator("rapi-doc").get_attribute("theme"), page.title()
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    context.close()

    assert [(name, summary) for name, summary in found if name not in THEIRS] == []
    assert (theme, title) == (scheme, "Latchkey: API reference")
    assert back == BACK[scheme]
    assert complaints == []
