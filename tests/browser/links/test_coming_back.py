"""A reload and the way back: the page is as it was, and a token that is used is gone.

A browser brings back a tab that it has dropped by loading its entry of the history anew, as these do.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.support import made_up
from tests.browser.support.states import CHECK, FORGOT, RESET, STATES, TOKEN
from tests.browser.support.steps import PASSWORD, ask, choose, heading, mailed_link, open_link, send_button
from tests.e2e.demo import Demo

Interrupt = Callable[[Page], object]


def posted(request: Request) -> dict[str, str]:
    found: dict[str, str] = request.post_data_json or {}
    return found


def reload(page: Page) -> None:
    page.reload()


def leave_and_come_back(page: Page) -> None:
    page.goto("about:blank")
    page.go_back()


INTERRUPTS = [reload, leave_and_come_back]


@pytest.mark.parametrize("interrupt", INTERRUPTS)
def test_the_form_for_a_new_password_comes_back_and_works(demo: Demo, page: Page, interrupt: Interrupt) -> None:
    address = f"{interrupt.__name__}@example.com"
    open_link(demo, page, address)
    before = demo.stored_hash(address)

    interrupt(page)
    choose(page, PASSWORD)
    heading(page, "Your password has been changed").wait_for()

    assert page.url == demo.url(RESET)
    assert demo.stored_hash(address) != before


@pytest.mark.parametrize("interrupt", INTERRUPTS)
def test_a_token_goes_when_it_is_used_and_the_page_still_says_so(demo: Demo, page: Page, interrupt: Interrupt) -> None:
    token = open_link(demo, page, f"used-{interrupt.__name__}@example.com")
    choose(page, PASSWORD)
    heading(page, "Your password has been changed").wait_for()

    kept = page.evaluate("JSON.stringify(history.state)")
    interrupt(page)

    heading(page, "Your password has been changed").wait_for()
    assert token[:20] not in kept


@pytest.mark.parametrize("interrupt", INTERRUPTS)
def test_a_dead_link_stays_dead_and_is_not_kept(demo: Demo, page: Page, interrupt: Interrupt) -> None:
    page.goto(demo.url(f"{RESET}#token={TOKEN}"))
    heading(page, "This link no longer works").wait_for()

    kept = page.evaluate("JSON.stringify(history.state)")
    interrupt(page)

    heading(page, "This link no longer works").wait_for()
    assert TOKEN not in kept


def test_a_pasted_link_comes_back_too(demo: Demo, page: Page) -> None:
    link = mailed_link(demo, demo.add_user("pasted-and-back@example.com"))
    page.goto(demo.url(RESET))
    page.get_by_label("Link").fill(link)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("New password").wait_for()

    page.reload()

    page.get_by_label("New password").wait_for()


def test_the_way_back_leads_to_the_earlier_link_of_the_same_tab(demo: Demo, page: Page) -> None:
    earlier = open_link(demo, page, "first-in-tab@example.com")
    later = mailed_link(demo, demo.add_user("second-in-tab@example.com"))
    page.goto(later)
    page.wait_for_function("token => history.state.token && history.state.token !== token", arg=earlier)

    with page.expect_request(f"**{CHECK}") as asked:
        page.go_back()

    assert posted(asked.value)["token"] == earlier
    page.get_by_label("New password").wait_for()


def test_a_password_that_may_be_set_is_still_said_after_a_reload(demo: Demo, page: Page) -> None:
    STATES["choose"](demo, page, "")
    made_up.answer(page, RESET, 504)
    choose(page, PASSWORD)
    page.locator("[data-code=no_answer]:visible").wait_for()
    made_up.refuse(page, CHECK, 400, "invalid_or_expired_token")

    page.reload()

    heading(page, "This link no longer works").wait_for()
    expect(page.locator("#dead")).to_contain_text("Your new password may already be set.")


@pytest.mark.parametrize("interrupt", INTERRUPTS)
def test_the_page_after_a_request_comes_back_with_its_address_and_its_wait(
    demo: Demo, page: Page, interrupt: Interrupt
) -> None:
    address = demo.add_user(f"sent-{interrupt.__name__}@example.com")
    ask(demo, page, address)

    interrupt(page)

    heading(page, "Check your email").wait_for()
    expect(page.locator("#typed")).to_have_text(address)
    expect(send_button(page)).to_have_attribute("aria-disabled", "true")
    page.get_by_role("link", name="Use a different email address").click()
    expect(page.get_by_label("Email address")).to_have_value(address)
    interrupt(page)
    heading(page, "Forgot your password?").wait_for()


def test_an_email_is_sent_again_after_a_reload(demo: Demo, page: Page) -> None:
    page.clock.install()
    ask(demo, page, "demo@example.com")
    page.reload()
    heading(page, "Check your email").wait_for()

    page.clock.fast_forward(300_000)
    with page.expect_request(lambda one: one.method == "POST" and one.url.endswith(FORGOT)) as asked:
        page.get_by_role("button", name="Resend email").click()

    assert posted(asked.value)["email"] == "demo@example.com"
