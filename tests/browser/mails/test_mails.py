"""Emails as a client shows them: on any screen, light and dark, in every language, without loading anything."""

import re

import pytest
from playwright.sync_api import Page, expect

from shared.languages import LANGUAGES, direction, tag
from tests.browser.conftest import OpenPage
from tests.browser.support.accessible import assert_accessible, assert_accessible_mail
from tests.browser.support.chromium import PHONES, SMALLEST
from tests.browser.support.layout import broken_words, sticking_out
from tests.browser.support.steps import PASSWORD, mailed_token
from tests.e2e.demo import Demo
from tests.support.service import token_in


def mail(demo: Demo, address: str, locale: str = "") -> dict[str, str]:
    """Ask for a link and return the email."""
    body = {"email": demo.add_user(address)} | ({"locale": locale} if locale else {})
    assert demo.post("/forgot-password", body)[0] == 202
    return demo.wait_for_message(address, "")


def show(demo: Demo, page: Page, message: dict[str, str]) -> None:
    """Open an email's HTML by itself, under the policy of the inbox's frame: no scripts, no requests."""
    page.goto(demo.url(f"/messages/{message['id']}/html", "INBOX_PORT"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_mails_are_accessible(demo: Demo, open_page: OpenPage, scheme: str) -> None:
    page = open_page("desktop", color_scheme=scheme)
    address = f"{scheme}.mails@example.com"
    token = mailed_token(demo, demo.add_user(address))
    assert demo.post("/reset-password", {"token": token, "password": PASSWORD})[0] == 200
    demo.wait_for_message(address, "", 2)

    for message in [message for message in demo.messages() if message["to"] == address]:
        # Not in the inbox's frame, which would not run axe, because it allows no scripts.
        page.set_content(message["html"])
        assert_accessible_mail(page)


@pytest.mark.parametrize("width", [320, 1280])
def test_a_language_link_jumps_to_its_heading_and_there_is_a_way_back(
    demo: Demo, open_page: OpenPage, width: int
) -> None:
    page = open_page("desktop", viewport={"width": width, "height": 800})
    page.goto(demo.url("/mails", "INBOX_PORT"))

    page.get_by_role("link", name=LANGUAGES["pl"]).click()
    heading, header = page.locator("#pl h2"), page.locator("header")
    expect(heading).to_be_in_viewport()
    # Wait until the jump has changed the URL.
    page.wait_for_url("**#pl")
    boxes = [element.bounding_box() for element in (heading, header)]
    page.get_by_role("link", name="Back to the start").click()
    expect(page).to_have_url(demo.url("/", "INBOX_PORT"))

    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["y"] >= boxes[1]["y"] + boxes[1]["height"]


@pytest.mark.parametrize("locale", LANGUAGES)
def test_a_mail_in_each_language_fits_every_screen(demo: Demo, open_page: OpenPage, locale: str) -> None:
    message = mail(demo, f"{locale}@example.com".lower(), locale)
    page = open_page(**SMALLEST)

    show(demo, page, message)

    root = page.locator("html")
    assert (root.get_attribute("lang"), root.get_attribute("dir")) == (tag(locale), direction(locale))
    assert sticking_out(page) == []
    assert page.locator("img, script, link, form, iframe").count() == 0
    for width in (*PHONES, 540, 600, 640):
        page.set_viewport_size({"width": width, "height": 800})
        assert broken_words(page) == [], width


def test_the_button_and_the_plain_link_of_a_mail_lead_to_the_same_page(demo: Demo, page: Page) -> None:
    message = mail(demo, "links@example.com")
    token = token_in(message["text"])

    show(demo, page, message)
    links = page.get_by_role("link").evaluate_all("all => all.map((one) => [one.href, one.textContent.trim()])")

    wanted = demo.url(f"/reset-password#token={token}")
    assert [address for address, _ in links if "mailto:" not in address] == [wanted, wanted]
    assert links[1][1] == wanted
    assert re.search(r"\bhttp\S+", message["text"])


def test_the_inbox_shows_a_new_mail_by_itself(demo: Demo, page: Page) -> None:
    page.goto(demo.url("/inbox", "INBOX_PORT"))

    message = mail(demo, "arrives@example.com")

    expect(page.locator("#mails")).to_contain_text("arrives@example.com")
    page.get_by_role("link").filter(has_text="arrives@example.com").click()
    expect(page.frame_locator("iframe").get_by_role("link").last).to_have_text(re.compile(token_in(message["text"])))
    assert_accessible(page)
