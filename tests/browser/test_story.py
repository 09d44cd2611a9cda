"""The whole story in the browser, from the URL that `make run` prints to being signed in.

axe checks the demo's pages here, and the hosted pages in test_states.py.
"""

import re

import bcrypt
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.support.accessible import assert_accessible
from tests.browser.support.steps import heading
from tests.e2e.demo import Demo, fetch

ADDRESS = "demo@example.com"


@pytest.mark.parametrize(("device", "scheme"), [("phone", "light"), ("desktop", "dark")])
def test_a_person_can_complete_the_story_without_the_terminal(
    demo: Demo, open_page: OpenPage, device: str, scheme: str
) -> None:
    start = open_page(device, color_scheme=scheme)
    password = f"seven {scheme} lamps on a {device}"
    # Delete the emails of the other stories.
    fetch(demo.url("/api/messages", "INBOX_PORT"), method="DELETE")
    start.goto(printed_address(demo))
    assert_accessible(start)

    ask_for_a_link(start)
    chooser = follow_the_mails_link(start)
    choose(chooser, password)
    sign_in(chooser, password)

    assert bcrypt.checkpw(password.encode(), demo.stored_hash(ADDRESS).encode())


def printed_address(demo: Demo) -> str:
    found = re.search(r"http://localhost:\d+\S*", demo.output())
    assert found
    return found[0]


def ask_for_a_link(start: Page) -> None:
    with start.context.expect_page() as opened:
        start.locator("main li a[href$='/forgot-password']").click()
    page = opened.value
    heading(page, "Forgot your password?").wait_for()
    page.get_by_label("Email address").fill(ADDRESS)
    page.get_by_role("button", name="Send link").click()
    heading(page, "Check your email").wait_for()


def follow_the_mails_link(inbox: Page) -> Page:
    inbox.locator("main li a[href$='/inbox']").click()
    newest = inbox.locator("#mails li").filter(has_text="Reset")
    newest.wait_for()
    assert_accessible(inbox)
    newest.get_by_role("link").click()
    mail = inbox.frame_locator("iframe")
    link = mail.get_by_role("link", name="Choose a new password").first
    link.wait_for()
    assert_accessible(inbox)
    with inbox.context.expect_page() as opened:
        link.click()
    return opened.value


def choose(page: Page, password: str) -> None:
    heading(page, "Choose a new password").wait_for()
    page.get_by_label("New password").fill(password)
    page.get_by_role("button", name="Save password").click()
    heading(page, "Your password has been changed").wait_for()


def sign_in(page: Page, password: str) -> None:
    page.get_by_role("link", name="Sign in").click()
    assert_accessible(page)
    page.get_by_label("address").fill(ADDRESS)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(ADDRESS)
    assert_accessible(page)
