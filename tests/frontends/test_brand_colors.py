"""Pages and mails in the colours of brands that white cannot be read on, as Chromium shows them."""

from typing import TYPE_CHECKING, Any

import pytest

from shared.settings.colors import CONTROL_CONTRAST, MIN_CONTRAST, contrast
from tests.frontends.conftest import MakeApi
from tests.support.mails import reset, speaking

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

COLORS = ["#1f5fbf", "#f59e0b", "#ffd400", "#e91e63", "#777777", "#ffffff", "#000000"]
# Paints one colour over another, as the browser does, and reads the result: "#rrggbb".
PAINTED = """(colors) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  for (const color of colors) { canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); }
  const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
  return "#" + (0x1000000 + red * 0x10000 + green * 0x100 + blue).toString(16).slice(1);
}"""
STYLE = "(one, name) => getComputedStyle(one)[name]"


def painted(page: "Page", *colors: str) -> str:
    found: str = page.evaluate(PAINTED, list(colors))
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("color", COLORS)
def test_a_page_can_be_read(browser: "Browser", make_api: MakeApi, color: str, scheme: Any) -> None:
    from tests.browser.support.accessible import assert_accessible

    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(make_api(BRAND_COLOR=color).url + "/reset-password")
    page.locator("#paste").wait_for()
    button, link = page.locator("#follow button"), page.locator("#paste a")
    card = page.locator("main").evaluate(STYLE, "backgroundColor")
    fill, text, edge = (button.evaluate(STYLE, name) for name in ("backgroundColor", "color", "borderTopColor"))

    button.hover()
    hovered = button.evaluate(STYLE, "boxShadow").partition(")")[0] + ")"
    grounds = [painted(page, fill), painted(page, fill, hovered)]
    assert min(contrast(painted(page, text), ground) for ground in grounds) >= MIN_CONTRAST
    assert contrast(painted(page, edge), painted(page, card)) >= CONTROL_CONTRAST
    assert contrast(painted(page, link.evaluate(STYLE, "color")), painted(page, card)) >= MIN_CONTRAST
    assert_accessible(page)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("color", COLORS)
def test_a_mail_can_be_read(browser: "Browser", color: str, scheme: Any) -> None:
    from tests.browser.support.accessible import assert_accessible_mail

    with speaking():
        html = str(reset(BRAND_COLOR=color, SUPPORT_EMAIL="help@example.com").html)
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.set_content(html)
    button, cell = page.locator(".b a"), page.locator(".b")
    text, fill = button.evaluate(STYLE, "color"), cell.evaluate(STYLE, "backgroundColor")
    edge, card = cell.evaluate(STYLE, "borderTopColor"), page.locator(".c").evaluate(STYLE, "backgroundColor")

    assert contrast(painted(page, text), painted(page, fill)) >= MIN_CONTRAST
    assert contrast(painted(page, edge), painted(page, card)) >= CONTROL_CONTRAST
    assert_accessible_mail(page)
    context.close()
