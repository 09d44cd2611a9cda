"""What screen readers announce: names, roles, states and live changes."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.states import STATES
from tests.browser.support.steps import alert
from tests.e2e.demo import Demo

TITLES = {
    "forgot": "Forgot your password?",
    "sent": "Check your email",
    "choose": "Choose a new password",
    "paste": "Choose a new password",
    "dead": "This link no longer works",
    "done": "Your password has been changed",
}


@pytest.mark.parametrize("state", TITLES)
def test_each_state_has_one_heading_that_is_also_in_the_tab_title(demo: Demo, page: Page, state: str) -> None:
    STATES[state](demo, page, "")

    assert page.get_by_role("heading", level=1).all_inner_texts() == [TITLES[state]]
    assert page.title().startswith(TITLES[state])
    expect(page.get_by_role("main")).to_have_count(1)


@pytest.mark.parametrize(
    ("state", "role", "name"),
    [
        ("forgot", "textbox", "Email address"),
        ("forgot", "button", "Send link"),
        ("sent", "link", "Use a different email address"),
        ("paste", "textbox", "Link"),
        ("paste", "button", "Continue"),
        ("choose", "textbox", "New password"),
        ("choose", "button", "Show password"),
        ("choose", "button", "Save password"),
        ("dead", "link", "Request a new link"),
    ],
)
def test_everything_has_its_role_and_name(demo: Demo, page: Page, state: str, role: Any, name: str) -> None:
    STATES[state](demo, page, "")

    # ARIA has no role for password fields.
    found = page.get_by_label(name, exact=True) if name == "New password" else page.get_by_role(role, name=name)
    expect(found).to_have_count(1)


@pytest.mark.parametrize("state", ["forgot-wrong-address", "paste-nothing", "choose-weak"])
def test_a_refused_field_names_what_is_wrong(demo: Demo, page: Page, state: str) -> None:
    STATES[state](demo, page, "")
    field = page.locator("main input:visible")

    described = (field.get_attribute("aria-describedby") or "").split()
    told = " ".join(page.locator(f"#{identity}").inner_text() for identity in described)

    assert alert(page).inner_text() in told


@pytest.mark.parametrize("state", ["forgot", "choose", "paste"])
def test_live_regions_exist_before_they_get_text(demo: Demo, page: Page, state: str) -> None:
    """Some screen readers do not announce a region that is added together with its text."""
    STATES[state](demo, page, "")

    assert page.locator("main :is([role=alert], [role=status], [aria-live])").count() >= 1


def test_password_managers_recognise_the_address(demo: Demo, page: Page) -> None:
    STATES["forgot"](demo, page, "")

    field = page.get_by_label("Email address")

    assert {name: field.get_attribute(name) for name in ("type", "autocomplete", "inputmode", "spellcheck")} == {
        "type": "email",
        "autocomplete": "username",
        "inputmode": "email",
        "spellcheck": "false",
    }


def test_password_managers_recognise_the_new_password(demo: Demo, page: Page) -> None:
    STATES["choose"](demo, page, "")
    rules = page.request.get(demo.url("/password-policy")).json()["passwordrules"]

    field = page.get_by_label("New password", exact=True)

    expect(field).to_have_attribute("autocomplete", "new-password")
    expect(field).to_have_attribute("passwordrules", rules)
    # maxlength would silently cut a pasted password.
    assert field.get_attribute("maxlength") is None
