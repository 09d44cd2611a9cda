"""The email's link in the browser: where its token is kept, and what happens with links that do not work."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.support import made_up
from tests.browser.support.accessible import assert_accessible
from tests.browser.support.states import RESET, STATES, TOKEN
from tests.browser.support.steps import PASSWORD, alert, choose, heading, mailed_link, mailed_token, open_link
from tests.e2e.demo import Demo


def history(page: Page) -> list[str]:
    """List every URL in the tab's history, as the browser has stored it."""
    found = page.context.new_cdp_session(page).send("Page.getNavigationHistory")
    return [entry["url"] for entry in found["entries"]]


@pytest.mark.parametrize("mark", ["#", "?"])
def test_the_token_leaves_the_address_bar_and_the_history(demo: Demo, page: Page, mark: str) -> None:
    token = mailed_token(demo, demo.add_user(f"history{ord(mark)}@example.com"))

    page.goto(demo.url("/forgot-password"))
    page.goto(demo.url(f"/reset-password{mark}token={token}"))
    page.get_by_label("New password").wait_for()
    address = page.url
    page.goto(demo.url("/forgot-password"))
    page.go_back()
    heading(page, "Choose a new password").wait_for()

    assert address == page.url == demo.url("/reset-password")
    assert [entry for entry in history(page) if token[:20] in entry] == []


def test_the_token_is_kept_with_its_entry_of_the_history_alone(demo: Demo, page: Page) -> None:
    token = open_link(demo, page, "kept@example.com")

    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    with_entry = page.evaluate("JSON.stringify(history.state)")

    assert token[:20] not in stored
    assert token in with_entry
    assert page.context.cookies() == []
    assert token[:20] not in page.content()
    page.goto(demo.url("/forgot-password"))
    assert page.evaluate("history.state") is None


def test_the_language_stays_in_the_url(demo: Demo, page: Page) -> None:
    token = mailed_token(demo, demo.add_user("locale@example.com"))

    page.goto(demo.url(f"/reset-password?locale=ar#token={token}"))
    page.locator("#reset").wait_for()
    page.reload()

    expect(page.locator("html")).to_have_attribute("lang", "ar")


def test_a_dead_link_leads_to_a_new_one(demo: Demo, page: Page) -> None:
    page.goto(demo.url(f"/reset-password#token={TOKEN}"))

    heading(page, "This link no longer works").wait_for()
    assert_accessible(page)
    page.get_by_role("link", name="Request a new link").click()

    heading(page, "Forgot your password?").wait_for()


def test_a_link_that_expires_while_the_page_is_open_is_shown_as_dead(demo: Demo, page: Page) -> None:
    token = open_link(demo, page, "dies@example.com")
    assert demo.post("/reset-password", {"token": token, "password": "a password from elsewhere"})[0] == 200

    choose(page, PASSWORD)

    heading(page, "This link no longer works").wait_for()


def test_a_link_may_be_opened_twice_before_it_is_used(demo: Demo, page: Page) -> None:
    link = mailed_link(demo, demo.add_user("twice@example.com"))

    for _ in range(2):
        page.goto("about:blank")
        page.goto(link)
        page.get_by_label("New password").wait_for()
    choose(page, PASSWORD)

    heading(page, "Your password has been changed").wait_for()


def test_a_second_link_in_the_same_tab_is_used(demo: Demo, page: Page) -> None:
    """The URL differs only in its fragment, so the browser does not reload the page."""
    page.goto(demo.url(f"/reset-password#token={TOKEN}"))
    heading(page, "This link no longer works").wait_for()

    page.goto(mailed_link(demo, demo.add_user("afterwards@example.com")))

    page.get_by_label("New password").wait_for()
    assert page.url == demo.url("/reset-password")


def test_a_page_without_a_token_accepts_a_pasted_link(demo: Demo, page: Page) -> None:
    link = mailed_link(demo, demo.add_user("paster@example.com"))
    page.goto(demo.url("/reset-password"))
    page.get_by_label("Link").fill("nothing of use")
    page.get_by_role("button", name="Continue").click()
    expect(alert(page)).not_to_be_empty()

    # Some host names look like a token.
    host = "https://id.accounts.internationalbusinessmachines.example"
    page.get_by_label("Link").fill(f"  {host}/reset{link[link.index('#') :]} ")
    page.get_by_role("button", name="Continue").click()

    page.get_by_label("New password").wait_for()


def test_a_password_is_sent_with_the_link_that_it_was_typed_for(demo: Demo, page: Page) -> None:
    old = open_link(demo, page, "earlier@example.com")
    page.get_by_label("New password").fill(PASSWORD)
    new = mailed_token(demo, demo.add_user("later@example.com"))

    page.evaluate("token => { location.hash = 'token=' + token }", new)

    expect(page.get_by_label("New password")).to_have_value("")
    expect(page.get_by_text("Long enough")).to_be_hidden()
    assert old != new


def test_a_late_answer_about_an_earlier_link_does_not_affect_a_later_one(demo: Demo, page: Page) -> None:
    open_link(demo, page, "sooner@example.com")
    new = mailed_token(demo, demo.add_user("second@example.com"))

    def answer_late(route: Route) -> None:
        page.wait_for_timeout(1000)
        route.continue_()

    page.route("**/reset-password", answer_late)
    with page.expect_response("**/reset-password"):
        choose(page, PASSWORD)
        page.evaluate("token => { location.hash = 'token=' + token }", new)

    page.wait_for_timeout(300)

    heading(page, "Choose a new password").wait_for()
    expect(page.get_by_label("New password")).to_be_visible()


def test_a_pasted_link_is_not_kept_in_its_field(demo: Demo, page: Page) -> None:
    link = mailed_link(demo, demo.add_user("pasted@example.com"))
    page.goto(demo.url("/reset-password"))
    page.get_by_label("Link").fill(link)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("New password").wait_for()

    assert page.locator("#link").input_value() == ""


def first_choice(page: Page) -> str:
    """Return the words of the button that is filled with the brand's colour: of links that look like buttons too."""
    words: list[str] = page.evaluate("""() => {
        const accent = getComputedStyle(document.querySelector("a")).color;
        const filled = (one) => one.checkVisibility() && getComputedStyle(one).backgroundColor === accent;
        return [...document.querySelectorAll("main .button, main button")].filter(filled).map((one) => one.textContent);
    }""")
    return ", ".join(words)


def test_after_a_lost_answer_the_button_does_what_the_text_says(demo: Demo, page: Page) -> None:
    STATES["choose"](demo, page, "")
    made_up.answer(page, RESET, 504)
    choose(page, PASSWORD)
    page.locator("[data-code=no_answer]:visible").wait_for()
    made_up.refuse(page, RESET, 400, "invalid_or_expired_token")
    page.get_by_role("button", name="Save password").click()
    heading(page, "This link no longer works").wait_for()

    expect(page.locator("#dead")).to_contain_text("Try signing in with it first.")
    assert first_choice(page) == "Sign in"
    assert page.get_by_role("link", name="Sign in").count() == 1
    assert page.get_by_role("link", name="Request a new link").is_visible()
    assert_accessible(page)


def test_of_a_link_that_is_simply_dead_the_button_asks_for_a_new_one(demo: Demo, page: Page) -> None:
    STATES["dead"](demo, page, "")

    assert first_choice(page) == "Request a new link"
    assert_accessible(page)
