"""Every state of the hosted pages, reached without depending on the page's language."""

from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode

from playwright.sync_api import Page

from tests.browser.support import made_up
from tests.browser.support.steps import alert
from tests.e2e.demo import Demo

TOKEN = "WyIxIiwieCJd.aaaaaa.0123456789012345678901234567890"
"""As long as real ones, and of nobody: the answers about it are made up."""
FORGOT, RESET, CHECK = "/forgot-password", "/reset-password", "/reset-password/check"
REASONS = ["too_short", "too_long", "contains_nul", "too_common", "like_address", "like_product", "same_as_old"]
REASONS += ["breached"]

Reach = Callable[[Demo, Page, str], None]
"""Bring a page into a state, in a language: a code, or '' for what the browser asks for."""


def go(demo: Demo, page: Page, path: str, locale: str = "", fragment: str = "") -> None:
    """Open a page, and reload it even if only the fragment changed."""
    query = f"?{urlencode({'locale': locale})}" if locale else ""
    page.goto("about:blank")
    page.goto(demo.url(path + query + fragment))


def send(page: Page, text: str) -> None:
    """Fill in the only visible field, and press Enter."""
    field = page.locator("main input:visible").first
    field.fill(text)
    field.press("Enter")


def forgot(demo: Demo, page: Page, locale: str) -> None:
    go(demo, page, FORGOT, locale)


def wrong_address(demo: Demo, page: Page, locale: str) -> None:
    go(demo, page, FORGOT, locale)
    send(page, "demo@")
    alert(page).wait_for()


def sent(demo: Demo, page: Page, locale: str) -> None:
    made_up.answer(page, FORGOT, 202)
    go(demo, page, FORGOT, locale)
    send(page, "demo@example.com")
    page.locator("#sent").wait_for()


def forgot_refused(demo: Demo, page: Page, locale: str, *, status: int, code: str) -> None:
    made_up.refuse(page, FORGOT, status, code, retry_after=42)
    go(demo, page, FORGOT, locale)
    send(page, "demo@example.com")
    alert(page).wait_for()


def sending(demo: Demo, page: Page, locale: str) -> None:
    go(demo, page, FORGOT, locale)
    made_up.never_answer(page)
    send(page, "demo@example.com")


def paste(demo: Demo, page: Page, locale: str) -> None:
    go(demo, page, RESET, locale)
    page.locator("#paste").wait_for()


def paste_nothing(demo: Demo, page: Page, locale: str) -> None:
    paste(demo, page, locale)
    send(page, "nothing of use")
    alert(page).wait_for()


def choose(demo: Demo, page: Page, locale: str) -> None:
    made_up.answer(page, CHECK, 200, {"expires_at": "2100-01-01T00:00:00Z"})
    go(demo, page, RESET, locale, f"#token={TOKEN}")
    page.locator("#reset").wait_for()


def typing(demo: Demo, page: Page, locale: str) -> None:
    choose(demo, page, locale)
    page.locator("#password").fill("plums under")


def weak(demo: Demo, page: Page, locale: str) -> None:
    choose(demo, page, locale)
    made_up.refuse(page, RESET, 422, "weak_password", reasons=REASONS)
    send(page, "a password of some length")
    alert(page).wait_for()


def choose_refused(demo: Demo, page: Page, locale: str, *, status: int, code: str) -> None:
    choose(demo, page, locale)
    made_up.refuse(page, RESET, status, code, retry_after=42)
    send(page, "a password of some length")
    alert(page).wait_for()


def dead(demo: Demo, page: Page, locale: str) -> None:
    made_up.refuse(page, CHECK, 400, "invalid_or_expired_token")
    go(demo, page, RESET, locale, f"#token={TOKEN}")
    page.locator("#dead").wait_for()


def perhaps_done(demo: Demo, page: Page, locale: str) -> None:
    choose(demo, page, locale)
    made_up.answer(page, RESET, 504)
    send(page, "a password of some length")
    alert(page).wait_for()
    made_up.refuse(page, RESET, 400, "invalid_or_expired_token")
    page.locator("#choose button:not([type])").click()
    page.locator("#maybe-set").wait_for()


def without_scripts(demo: Demo, page: Page, locale: str) -> None:
    page.route("**/reset.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    go(demo, page, RESET, locale)
    page.locator(".unready").wait_for()
    page.unroute("**/reset.js")


def not_found(demo: Demo, page: Page, locale: str) -> None:
    # With another status: the tests take each refusal for a fault of the page.
    page.route("**/nothing?*", lambda route: route.fulfill(response=route.fetch(), status=200))
    go(demo, page, "/nothing", locale or "en")
    page.locator("h1").wait_for()


def done(demo: Demo, page: Page, locale: str) -> None:
    choose(demo, page, locale)
    made_up.answer(page, RESET)
    send(page, "a password of some length")
    page.locator("#done").wait_for()


STATES: dict[str, Reach] = {
    "forgot": forgot,
    "forgot-wrong-address": wrong_address,
    "forgot-sending": sending,
    "forgot-limited": partial(forgot_refused, status=429, code="rate_limited"),
    "forgot-unavailable": partial(forgot_refused, status=503, code="unavailable"),
    "forgot-failed": partial(forgot_refused, status=500, code="internal_error"),
    "sent": sent,
    "paste": paste,
    "paste-nothing": paste_nothing,
    "choose": choose,
    "choose-typing": typing,
    "choose-weak": weak,
    "choose-limited": partial(choose_refused, status=429, code="rate_limited"),
    "choose-unavailable": partial(choose_refused, status=503, code="unavailable"),
    "dead": dead,
    "perhaps-done": perhaps_done,
    "without-scripts": without_scripts,
    "not-found": not_found,
    "done": done,
}
