"""Choosing a password: what the page shows during typing, and that the API agrees."""

import pytest
from playwright.sync_api import Page, expect

from shared.languages import LANGUAGES
from tests.browser.conftest import OpenPage
from tests.browser.support import made_up
from tests.browser.support.accessible import assert_accessible
from tests.browser.support.chromium import SMALLEST
from tests.browser.support.limits import forget_limits
from tests.browser.support.states import REASONS, RESET, STATES, send
from tests.browser.support.steps import PASSWORD, alert, choose, heading, mailed_token, open_link
from tests.e2e.demo import Demo

# All are repetitive, so the policy refuses them and the link stays good.
LENGTHS = {
    "one": "a",
    "one too few": "a" * 14,
    "just enough": "a" * 15,
    "spaces": " " * 15,
    "accents, composed": "\u00e9" * 15,
    "accents, combining": "e\u0301" * 8,
    "accents, combining, enough": "e\u0301" * 15,
    "accents on accents": "e\u0301\u0302\u0303" * 8,
    "vowels of Hindi, enough": "\u0915\u093f" * 8,
    "invisible": "a\u200b" * 8,
    "invisible, enough": "a\u00ad" * 15,
    "emoji, a letter too few": "\U0001f600" * 14,
    "emoji, enough": "\U0001f600" * 15,
    "emoji, most bytes": "\U0001f600" * 18,
    "emoji, a byte too many": "\U0001f600" * 18 + "a",
    "a family is seven letters": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466" * 2,
    "most bytes": "a" * 72,
    "a byte too many": "a" * 73,
    "a byte too many by an accent": "a" * 71 + "\u00e9",
    "far too many": "a" * 1000,
}


def test_the_page_and_the_api_agree_on_the_length(demo: Demo, page: Page) -> None:
    token = open_link(demo, page, "lengths@example.com")
    told, found = {}, {}

    for name, password in LENGTHS.items():
        page.get_by_label("New password", exact=True).fill(password)
        told[name] = page.locator("[data-length]:visible").get_attribute("data-length")
        forget_limits(demo)
        status, body, _ = demo.post(RESET, {"token": token, "password": password})
        assert status == 422
        found[name] = next((reason for reason in ("too_short", "too_long") if reason in str(body)), "enough")

    assert told == found
    assert set(found.values()) == {"too_short", "enough", "too_long"}


def test_the_counter_counts_as_the_api_does(demo: Demo, page: Page) -> None:
    STATES["choose"](demo, page, "")

    page.get_by_label("New password", exact=True).fill("\U0001f600\u00e9a")

    expect(page.locator("[data-length]:visible")).to_contain_text("3")


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_has_its_own_text(demo: Demo, page: Page, reason: str) -> None:
    STATES["choose"](demo, page, "")
    made_up.refuse(page, RESET, 422, "weak_password", reasons=[reason])

    send(page, PASSWORD)

    said = alert(page).locator("[data-reason]:visible")
    expect(said).to_have_count(1)
    expect(said).to_have_attribute("data-reason", reason)
    expect(said).not_to_be_empty()


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "too_short"),
        ("a" * 80, "too_long"),
        ("passwordpassword7", "too_common"),
        ("Refused Person 1", "like_address"),
    ],
)
def test_the_page_shows_why_the_policy_refuses_and_the_link_stays_good(
    demo: Demo, page: Page, password: str, reason: str
) -> None:
    open_link(demo, page, f"refused.person.{reason}@example.com")

    choose(page, password)
    alert(page).wait_for()
    reasons = page.locator("[data-reason]:visible").evaluate_all("all => all.map(one => one.dataset.reason)")
    choose(page, PASSWORD)

    assert reason in reasons
    heading(page, "Your password has been changed").wait_for()


def test_the_current_password_is_refused(demo: Demo, page: Page) -> None:
    token = mailed_token(demo, demo.add_user("same@example.com"))
    assert demo.post(RESET, {"token": token, "password": PASSWORD})[0] == 200
    page.goto(demo.url(f"/reset-password#token={mailed_token(demo, 'same@example.com')}"))

    choose(page, PASSWORD)

    expect(page.locator("[data-reason=same_as_old]")).to_be_visible()


def test_a_reason_that_the_page_does_not_know_still_counts_as_a_refusal(demo: Demo, page: Page) -> None:
    STATES["choose"](demo, page, "")
    made_up.refuse(page, RESET, 422, "weak_password", reasons=["of_tomorrow"])

    send(page, PASSWORD)

    expect(alert(page)).not_to_be_empty()
    assert page.locator("[data-reason]:visible").count() == 0


def test_typing_clears_the_message(demo: Demo, page: Page) -> None:
    STATES["choose-weak"](demo, page, "")
    field = page.get_by_label("New password", exact=True)

    field.press("End")
    field.press("x")

    expect(alert(page)).to_have_count(0)
    expect(field).not_to_have_attribute("aria-invalid", "true")


def test_a_password_can_be_shown_and_hidden_again(demo: Demo, page: Page) -> None:
    STATES["choose"](demo, page, "")
    field = page.get_by_label("New password", exact=True)
    field.fill(PASSWORD)
    show = page.get_by_role("button", name="Show password")

    for shown, kind in (("false", "password"), ("true", "text"), ("false", "password")):
        expect(show).to_have_attribute("aria-pressed", shown)
        expect(field).to_have_attribute("type", kind)
        expect(field).to_have_value(PASSWORD)
        show.click()

    assert_accessible(page)


def test_caps_lock_is_shown(demo: Demo, page: Page) -> None:
    STATES["choose"](demo, page, "")
    field = page.get_by_label("New password", exact=True)
    hint = page.get_by_role("status").filter(has_text="Caps Lock")

    expect(page.get_by_text("Caps Lock")).to_be_hidden()
    field.dispatch_event("keydown", {"key": "A", "modifierCapsLock": True})
    expect(hint).to_be_visible()
    field.dispatch_event("keydown", {"key": "a"})
    expect(page.get_by_text("Caps Lock")).to_be_hidden()


def test_a_password_may_be_pasted_whole(demo: Demo, page: Page) -> None:
    long = "many words " * 8
    STATES["paste"](demo, page, "")
    page.get_by_label("Link").fill(long)
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.press("ControlOrMeta+C")
    STATES["choose"](demo, page, "")

    page.get_by_label("New password", exact=True).focus()
    page.keyboard.press("ControlOrMeta+V")

    expect(page.get_by_label("New password", exact=True)).to_have_value(long)


def test_spaces_at_either_end_are_part_of_the_password(demo: Demo, page: Page) -> None:
    token = mailed_token(demo, demo.add_user("spaces@example.com"))
    page.goto(demo.url(f"/reset-password#token={token}"))

    with page.expect_request(lambda one: one.method == "POST" and one.url.endswith(RESET)) as sent:
        choose(page, f" {PASSWORD} ")

    body = sent.value.post_data_json
    assert body
    assert body["password"] == f" {PASSWORD} "


@pytest.mark.parametrize("password", ["passwordpassword", "a" * 100, "short"])
def test_there_is_one_verdict_on_a_password(demo: Demo, page: Page, password: str) -> None:
    open_link(demo, page, f"verdict{len(password)}@example.com")
    reasons = page.locator("[data-reason]:visible")
    meter = page.locator("#length .bar:visible, #length p:visible")

    choose(page, password)
    expect(reasons).to_have_count(1)
    expect(meter).to_have_count(0)
    assert_accessible(page)
    page.get_by_label("New password", exact=True).press("x")

    expect(reasons).to_have_count(0)
    expect(page.locator("[data-length]:visible")).to_have_count(1)


@pytest.mark.parametrize("locale", LANGUAGES)
def test_what_is_said_of_a_length_has_room(demo: Demo, open_page: OpenPage, locale: str) -> None:
    page = open_page(**SMALLEST)
    STATES["choose"](demo, page, locale)
    line = page.locator("[data-length]:visible")

    for password in ("ab", "a" * 15, "a" * 100):
        page.locator("#password").fill(password)
        wide = page.evaluate("document.querySelector('#length').clientWidth")
        box = line.bounding_box()
        assert box
        # Beside the button in one line, or below or above it in the whole width.
        assert box["height"] < 30 or box["width"] > wide - 2, password


@pytest.mark.parametrize("locale", ["ar", "en"])
@pytest.mark.parametrize(
    ("typed", "direction"),
    [
        ("Hello, world! (42)!", "ltr"),
        ("(42) Hello!", "ltr"),
        ("!?(1)", "ltr"),
        ("\u0645\u0631\u062d\u0628\u0627! (42)", "rtl"),
        ("\u05e9\u05dc\u05d5\u05dd, world!", "rtl"),
    ],
    ids=ascii,
)
def test_a_password_is_shown_as_it_was_typed(demo: Demo, page: Page, locale: str, typed: str, direction: str) -> None:
    STATES["choose"](demo, page, locale)
    field = page.locator("#password")

    page.locator("#show").click()
    field.press_sequentially(typed)

    expect(field).to_have_css("direction", direction)
    if locale == "ar":  # It begins where the page does.
        expect(field).to_have_css("text-align", "right")
