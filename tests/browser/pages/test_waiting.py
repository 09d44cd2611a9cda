"""The pages with a server that is slow, busy, down or broken. The tests advance the browser's clock."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.support import made_up
from tests.browser.support.complaints import Complaints
from tests.browser.support.states import FORGOT, RESET, STATES, send
from tests.browser.support.steps import PASSWORD, alert, heading, send_button
from tests.e2e.demo import Demo

GARBAGE = ["<html>Bad gateway</html>", "", "null"]
MORE_GARBAGE = [*GARBAGE, "[]", '"text"', '{"code": 7}', '{"code": "weak_password", "reasons": 7}']


def count_posts(page: Page, path: str) -> Callable[[], int]:
    """Count the POST requests that the page sends from now on."""
    seen: list[str] = []
    page.on("request", lambda one: seen.append(one.url) if one.method == "POST" and one.url.endswith(path) else None)
    return lambda: len(seen)


def test_a_link_can_be_sent_again_after_a_visible_countdown(demo: Demo, page: Page) -> None:
    page.clock.install()
    posts = count_posts(page, FORGOT)
    STATES["sent"](demo, page, "")
    again = page.get_by_role("button", name="Resend email")

    expect(again).to_have_attribute("aria-disabled", "true")
    first = page.locator("#sent").inner_text()
    page.clock.fast_forward(10_000)
    expect(page.locator("#sent")).not_to_have_text(first)
    page.clock.fast_forward(300_000)
    again.click()
    expect(again).to_have_attribute("aria-disabled", "true")

    assert posts() == 2


def test_a_link_sent_again_goes_to_the_same_address(demo: Demo, page: Page) -> None:
    address = demo.add_user("again@example.com")
    page.clock.install()
    page.goto(demo.url(FORGOT))
    send(page, address)
    heading(page, "Check your email").wait_for()
    page.clock.fast_forward(300_000)

    page.get_by_role("button", name="Resend email").click()

    demo.wait_for_message(address, "Reset", 2)


@pytest.mark.parametrize("state", ["forgot-limited", "choose-limited"])
def test_too_many_requests_count_down_to_the_next_try(demo: Demo, page: Page, state: str) -> None:
    page.clock.install()
    STATES[state](demo, page, "")
    button = send_button(page)

    expect(page.locator("form:visible")).to_contain_text("0:42")
    expect(button).to_have_attribute("aria-disabled", "true")
    page.clock.fast_forward(45_000)
    expect(button).to_have_attribute("aria-disabled", "false")


@pytest.mark.parametrize("retry_after", ["", "soon", "-1", "1e9", "999999999", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_an_invalid_retry_after_does_not_lock_the_page(demo: Demo, page: Page, retry_after: str) -> None:
    page.clock.install()
    made_up.answer(page, FORGOT, 429, {"code": "rate_limited"}, {"Retry-After": retry_after})
    page.goto(demo.url(FORGOT))
    send(page, "demo@example.com")
    alert(page).wait_for()

    page.clock.fast_forward(3_700_000)

    expect(send_button(page)).to_have_attribute("aria-disabled", "false")


def test_a_short_outage_of_the_server_is_retried(demo: Demo, page: Page) -> None:
    page.clock.install()
    posts = count_posts(page, FORGOT)
    STATES["forgot-unavailable"](demo, page, "")
    made_up.answer(page, FORGOT, 202)

    page.clock.fast_forward(45_000)

    heading(page, "Check your email").wait_for()
    assert posts() == 2


def test_a_long_outage_of_the_server_is_not_retried_forever(demo: Demo, page: Page) -> None:
    page.clock.install()
    posts = count_posts(page, FORGOT)
    STATES["forgot-unavailable"](demo, page, "")

    given_up = page.locator("[data-code=unavailable]:visible")
    for _ in range(10):
        page.clock.fast_forward(45_000)
        expect(page.locator("[data-wait=page]:visible").or_(given_up)).to_have_count(1)
    asked = posts()
    page.clock.fast_forward(450_000)

    assert 2 <= asked <= 5
    assert posts() == asked
    expect(send_button(page)).to_have_attribute("aria-disabled", "false")


def test_the_page_waits_for_a_slow_answer_and_ignores_a_second_click(demo: Demo, page: Page) -> None:
    posts = count_posts(page, FORGOT)
    waiting: list[Route] = []
    page.route(f"**{FORGOT}", lambda one: waiting.append(one) if one.request.method == "POST" else one.fallback())
    page.goto(demo.url(FORGOT))
    send(page, "demo@example.com")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    button = send_button(page)
    expect(button).to_have_attribute("aria-disabled", "true")

    waiting[0].fulfill(status=202, body="{}", content_type="application/json")

    heading(page, "Check your email").wait_for()
    assert posts() == 1


def test_a_missing_answer_is_shown_and_can_be_retried(demo: Demo, page: Page) -> None:
    page.clock.install()
    STATES["forgot-sending"](demo, page, "")

    page.clock.fast_forward(60_000)

    expect(alert(page)).not_to_be_empty()
    made_up.answer_again(page)
    made_up.answer(page, FORGOT, 202)
    send_button(page).click()
    heading(page, "Check your email").wait_for()


def test_a_lost_connection_is_shown_and_the_input_is_kept(demo: Demo, page: Page, complaints: Complaints) -> None:
    complaints.forgive("net::ERR_INTERNET_DISCONNECTED")
    address = demo.add_user("offline@example.com")
    page.goto(demo.url(FORGOT))

    page.context.set_offline(offline=True)
    send(page, address)
    expect(alert(page)).not_to_be_empty()
    expect(page.get_by_label("Email address")).to_have_value(address)
    page.context.set_offline(offline=False)
    if page.locator("form:visible").count():
        send_button(page).click()

    heading(page, "Check your email").wait_for()


@pytest.mark.parametrize("status", [200, 400, 502])
def test_a_foreign_answer_does_not_count_as_success(demo: Demo, page: Page, status: int) -> None:
    """A captive portal or a broken proxy answers with its own page, sometimes with status 200."""
    STATES["choose"](demo, page, "")

    for text in GARBAGE if status < 300 else MORE_GARBAGE:
        made_up.answer(page, RESET, status, text)
        page.get_by_label("New password").fill(PASSWORD)
        page.get_by_role("button", name="Save password").click()
        expect(alert(page)).to_be_visible()
        assert heading(page, "Choose a new password").is_visible(), json.dumps(text)
