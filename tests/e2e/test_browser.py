"""The hosted pages in a real browser, from the forgotten password to the new one."""

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import bcrypt
import pytest

from tests.conftest import missing
from tests.e2e.demo import Demo
from tests.service import token_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

QUIET = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
PASSWORD = "a new password from the page"


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        missing("No Chromium on the PATH")
    from playwright.sync_api import sync_playwright

    # Chromium's sandbox refuses to run as root.
    arguments = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else QUIET
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=arguments)
        yield running
        running.close()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A page on which an error, a blocked script or style, or a request elsewhere fails the test."""
    context = browser.new_context(viewport={"width": 390, "height": 800})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
    opened.on("request", lambda request: None if "//localhost:" in request.url else complaints.append(request.url))
    yield opened
    context.close()
    assert complaints == []


def ask(demo: Demo, page: "Page", address: str) -> str:
    """Ask for a link on the page, and return the link from the inbox."""
    page.goto(demo.url("/forgot-password"))
    page.get_by_label("Email address").fill(address)
    page.get_by_role("button", name="Send the link").click()
    page.get_by_role("heading", name="Check your mail").wait_for()
    mail = demo.wait_for_message(address, "Reset")
    return demo.url(f"/reset-password#token={token_in(mail['text'])}")


def test_a_person_sets_a_new_password_from_page_to_page(demo: Demo, page: "Page") -> None:
    link = ask(demo, page, demo.add_user("person@example.com"))

    page.goto(link)
    page.get_by_label("New password").fill("short")
    page.get_by_role("button", name="Set the password").click()
    page.get_by_text("It has too few characters.").wait_for()
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    page.get_by_role("heading", name="Your password is changed").wait_for()

    assert bcrypt.checkpw(PASSWORD.encode(), demo.stored_hash("person@example.com").encode())
    assert page.url == demo.url("/reset-password")


def test_a_dead_link_leads_to_a_new_one(demo: Demo, page: "Page") -> None:
    page.goto(demo.url("/reset-password#token=WyIxIiwieCJd.aaaaaa.0123456789012345678901234567890"))

    page.get_by_role("heading", name="This link does not work any more").wait_for()
    page.get_by_role("link", name="Ask for a new link").locator("visible=true").click()

    page.get_by_role("heading", name="Forgot your password?").wait_for()


def test_a_page_without_a_token_takes_the_pasted_link(demo: Demo, page: "Page") -> None:
    link = ask(demo, page, demo.add_user("paster@example.com"))
    page.goto(demo.url("/reset-password"))
    page.get_by_label("Link").fill("nothing of use")
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("There is no link in this text.").wait_for()

    # Some names of hosts look like a token.
    host = "https://id.accounts.internationalbusinessmachines.example"
    page.get_by_label("Link").fill(f"  {host}/reset{link[link.index('#') :]} ")
    page.get_by_role("button", name="Continue").click()

    page.get_by_label("New password").wait_for()


def test_a_wrong_address_is_said_on_the_page(demo: Demo, page: "Page") -> None:
    page.goto(demo.url("/forgot-password"))
    page.get_by_label("Email address").fill("demo@")
    page.get_by_role("button", name="Send the link").click()

    page.get_by_text("Enter one complete email address").wait_for()


def test_the_documentation_shows_the_calls(demo: Demo, page: "Page") -> None:
    page.goto(demo.url("/docs"))

    page.get_by_text("Set the new password").locator("visible=true").first.wait_for()


def test_the_inbox_shows_a_mail_and_its_link_leads_to_the_page(demo: Demo, page: "Page") -> None:
    ask(demo, page, demo.add_user("reader@example.com"))

    page.goto(demo.url("/", "INBOX_PORT"))

    page.get_by_text("Reset your Latchkey demo password").first.wait_for()
    assert page.frame_locator("iframe").first.get_by_text("Choose a new password").first.is_visible()
