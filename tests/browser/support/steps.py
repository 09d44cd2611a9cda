"""Steps of a person on the pages, and their results."""

from playwright.sync_api import Locator, Page

from tests.e2e.demo import Demo
from tests.support.service import token_in

PASSWORD = "plums under a quiet stair"
"""Good by every rule of the policy."""


def heading(page: Page, name: str) -> Locator:
    """Find the heading of the visible state."""
    return page.get_by_role("heading", name=name, level=1)


def alert(page: Page) -> Locator:
    """Find the message about the last submission."""
    return page.locator("[role=alert]:visible")


def send_button(page: Page) -> Locator:
    """Find the submit button of the visible form, in any language."""
    return page.locator("form:visible button:not([type=button])")


def ask(demo: Demo, page: Page, address: str) -> None:
    """Ask for a link on the page."""
    page.goto(demo.url("/forgot-password"))
    page.get_by_label("Email address").fill(address)
    page.get_by_role("button", name="Send link").click()
    heading(page, "Check your email").wait_for()


def mailed_token(demo: Demo, address: str) -> str:
    """Ask the API for a link, and return the token from the email."""
    before = sum(mail["to"] == address for mail in demo.messages())
    assert demo.post("/forgot-password", {"email": address})[0] == 202
    return token_in(demo.wait_for_message(address, "Reset", before + 1)["text"])


def mailed_link(demo: Demo, address: str) -> str:
    """Ask the API for a link, and return it from the email."""
    return demo.url(f"/reset-password#token={mailed_token(demo, address)}")


def open_link(demo: Demo, page: Page, address: str) -> str:
    """Open a new user's link, and return its token."""
    token = mailed_token(demo, demo.add_user(address))
    page.goto(demo.url(f"/reset-password#token={token}"))
    page.get_by_label("New password").wait_for()
    return token


def choose(page: Page, password: str) -> None:
    """Type a new password and send it."""
    page.get_by_label("New password").fill(password)
    page.get_by_role("button", name="Save password").click()
