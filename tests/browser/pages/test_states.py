"""Every state of every page is accessible and fits the narrowest screen, with large text and in every language."""

import pytest
from playwright.sync_api import Page

from shared.languages import LANGUAGES, direction, tag
from tests.browser.conftest import OpenPage
from tests.browser.support.accessible import assert_accessible
from tests.browser.support.chromium import DEVICES, PHONES, SMALLEST
from tests.browser.support.layout import broken_words, sticking_out
from tests.browser.support.states import STATES
from tests.e2e.demo import Demo

# The states with the longest words.
TOLD = ["sent", "choose-weak", "dead"]


@pytest.mark.parametrize("state", STATES)
def test_a_state_is_accessible_light_and_dark_and_fits_the_narrowest_screen(
    demo: Demo, open_page: OpenPage, state: str
) -> None:
    page = open_page(**SMALLEST, color_scheme="light")

    STATES[state](demo, page, "")

    assert_accessible(page)
    assert sticking_out(page) == []
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert sticking_out(page) == []
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(DEVICES["desktop"]["viewport"])
    assert_accessible(page)


@pytest.mark.parametrize("locale", LANGUAGES)
def test_each_language_is_declared_and_fits_every_phone(demo: Demo, open_page: OpenPage, locale: str) -> None:
    page = open_page(**SMALLEST)

    for state in ("forgot", *TOLD):
        page.set_viewport_size(SMALLEST["viewport"])
        STATES[state](demo, page, locale)
        root = page.locator("html")
        assert (root.get_attribute("lang"), root.get_attribute("dir")) == (tag(locale), direction(locale))
        assert sticking_out(page) == [], state
        for width in PHONES:
            page.set_viewport_size({"width": width, "height": 800})
            assert broken_words(page) == [], (state, width)


def test_the_page_uses_the_browsers_language(demo: Demo, open_page: OpenPage) -> None:
    page = open_page(locale="ar")
    STATES["forgot"](demo, page, "")

    root = page.locator("html")

    assert (root.get_attribute("lang"), root.get_attribute("dir")) == ("ar", "rtl")
    # The form starts at the right edge, like the heading above it; addresses still run from left to right.
    assert right_edge(page, "h1") == right_edge(page, "label")
    assert_accessible(page)


def right_edge(page: Page, selector: str) -> int:
    box = page.locator(f"{selector}:visible").first.bounding_box()
    assert box
    return round(box["x"] + box["width"])
