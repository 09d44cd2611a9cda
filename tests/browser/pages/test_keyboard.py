"""The pages with the keyboard alone, and where the focus is after each step."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.support.layout import Focus, walk
from tests.browser.support.states import STATES
from tests.browser.support.steps import PASSWORD, heading, mailed_link
from tests.e2e.demo import Demo

MOST_STOPS = 12


def test_the_whole_story_works_by_keyboard(demo: Demo, open_page: OpenPage) -> None:
    page = open_page("desktop")
    address = demo.add_user("keys@example.com")
    page.goto(demo.url("/forgot-password"))

    expect(page.get_by_label("Email address")).to_be_focused()
    page.keyboard.type(address)
    page.keyboard.press("Enter")
    expect(heading(page, "Check your email")).to_be_focused()

    page.goto(mailed_link(demo, address))
    expect(page.get_by_label("New password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Show password")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_label("New password")).to_have_attribute("type", "text")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save password")).to_be_focused()
    page.keyboard.press("Enter")
    expect(heading(page, "Your password has been changed")).to_be_focused()


def test_a_dead_link_puts_the_focus_on_its_heading(demo: Demo, page: Page) -> None:
    STATES["dead"](demo, page, "")

    expect(heading(page, "This link no longer works")).to_be_focused()


@pytest.mark.parametrize("state", ["forgot-wrong-address", "choose-weak", "paste-nothing"])
def test_a_refusal_returns_the_focus_to_the_field(demo: Demo, page: Page, state: str) -> None:
    STATES[state](demo, page, "")
    field = page.locator("main input:visible")

    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark"}, {"forced_colors": "active"}], ids=str)
@pytest.mark.parametrize("state", ["forgot", "sent", "paste", "choose-weak", "dead", "done"])
def test_tab_goes_from_top_to_bottom_with_a_visible_focus(
    demo: Demo, open_page: OpenPage, state: str, options: dict[str, str]
) -> None:
    page = open_page("desktop", **options)
    STATES[state](demo, page, "")
    page.evaluate("document.activeElement.blur()")
    usable = page.locator("a[href]:visible, button:enabled:visible, input:visible, select:visible").count()

    stops = one_round(walk(page, MOST_STOPS))

    assert len(stops) == usable
    assert [stop.name for stop in stops] == [stop.name for stop in sorted(stops, key=lambda stop: stop.place)]
    assert [stop.name for stop in stops if stop.outline < 2] == []


def one_round(walked: list[Focus]) -> list[Focus]:
    """Reduce the walk to one round from the top of the page: it may start anywhere, and wraps around."""
    stops = {stop.place: stop for stop in walked if stop.name}
    order = list(stops)
    first = order.index(min(order))
    return [stops[place] for place in order[first:] + order[:first]]
