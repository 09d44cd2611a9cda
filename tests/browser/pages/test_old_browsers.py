"""Browsers of 2020: whatever has come since is missing, and the whole story works."""

import bcrypt
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage
from tests.browser.support.old_browser import YOUNGER, make_old
from tests.browser.support.steps import PASSWORD, ask, choose, heading
from tests.e2e.demo import Demo
from tests.support.service import token_in


@pytest.fixture
def old(open_page: OpenPage) -> Page:
    page = open_page()
    make_old(page.context)
    return page


def test_what_is_younger_is_missing(demo: Demo, old: Page) -> None:
    old.goto(demo.url("/forgot-password"))

    there = old.evaluate("""younger => Object.entries(younger).flatMap(([path, names]) => {
        const holder = path.split(".").reduce((found, part) => found && found[part], globalThis);
        return names.filter((name) => holder && name in holder).map((name) => `${path}.${name}`);
    })""", YOUNGER)  # fmt: skip

    assert there == []


def test_the_whole_story_works(demo: Demo, old: Page) -> None:
    address = demo.add_user("old-browser@example.com")
    ask(demo, old, address)
    token = token_in(demo.wait_for_message(address, "Reset")["text"])

    old.goto(demo.url(f"/reset-password#token={token}"))
    choose(old, "short")
    old.get_by_text("This password can't be used:").wait_for()
    old.get_by_role("button", name="Show password").click()
    old.reload()
    choose(old, PASSWORD)
    heading(old, "Your password has been changed").wait_for()

    assert bcrypt.checkpw(PASSWORD.encode(), demo.stored_hash(address).encode())


def test_a_link_is_pasted(demo: Demo, old: Page) -> None:
    address = demo.add_user("old-paster@example.com")
    demo.post("/forgot-password", {"email": address})
    token = token_in(demo.wait_for_message(address, "Reset")["text"])
    old.goto(demo.url("/reset-password"))

    old.get_by_label("Link").fill(f"https://id.example.com/#token%3D{token}")
    old.get_by_role("button", name="Continue").click()

    old.get_by_label("New password").wait_for()


def test_the_demos_inbox_works(demo: Demo, old: Page) -> None:
    demo.post("/forgot-password", {"email": demo.add_user("old-inbox@example.com")})
    demo.wait_for_message("old-inbox@example.com", "Reset")
    old.goto(demo.url("/inbox", "INBOX_PORT"))

    old.locator("#mails li").first.get_by_role("link").click()

    old.frame_locator("iframe").get_by_role("link", name="Choose a new password").first.wait_for()
