"""Links that mail programs, scanners and people have damaged: the page finds the token, whole, in each."""

import json
from collections.abc import Callable
from functools import partial
from urllib.parse import quote

import pytest
from playwright.sync_api import Page

from shared.tokens import Tokens
from tests.browser.support import made_up
from tests.browser.support.states import CHECK, RESET, TOKEN, go
from tests.browser.support.steps import heading
from tests.e2e.demo import Demo

Damage = Callable[[str], str]


def issue(number: int = 0) -> str:
    return Tokens(["0123456789-key-of-the-tests-9876543210"], 1800).issue(str(number), "hash", "anna@example.com")


def in_lines(text: str, end: str, length: int = 60) -> str:
    """Break a text into lines, as a mail program does."""
    return end.join(text[start : start + length] for start in range(0, len(text), length))


def proofpoint(text: str) -> str:
    """Write a link as Proofpoint's URL Defense does in its second version."""
    coded = quote(text, safe="/.").replace("-", "%2D").replace("_", "%5F").replace("%", "-").replace("/", "_")
    return f"https://urldefense.proofpoint.com/v2/url?u={coded}&d=DwMFaQ&c=euGZstcaTDllvimEN8b7jXrwqOf&e="


LINK = "https://id.example.com/reset-password#token="
SAFE = "https://eur03.safelinks.protection.outlook.com/?url={}&data=05%7C01%7Canna%40example.com%7C638&sdata=Xy%3D"
# What follows the page's address in the address bar.
IN_THE_ADDRESS: dict[str, Damage] = {
    "encoded equals sign": lambda token: f"#token%3D{token}",
    "encoded twice": lambda token: f"#token%253D{token}",
    "encoded three times": lambda token: f"#token%25253D{token}",
    "left over from quoted-printable": lambda token: f"#token=3D{token}",
    "encoded fragment": lambda token: f"?%23token={token}",
    "entity": lambda token: f"?a=1&amp;token={token}",
    "encoded dots": lambda token: f"#token={token.replace('.', '%2E')}",
    "quoted-printable dots": lambda token: f"#token={token.replace('.', '=2E')}",
    "soft line breaks": lambda token: f"#token={in_lines(token, '=%0D%0A')}",
    "soft line breaks that a browser took out": lambda token: f"#token={in_lines(token, '=')}",
    "soft line breaks as spaces": lambda token: f"#token={in_lines(token, '=%20')}",
    "spaces": lambda token: f"#token={in_lines(token, '%20')}",
    "plus signs for spaces": lambda token: f"?token={in_lines(token, '+')}",
    "zero-width spaces": lambda token: f"#token={in_lines(token, '%E2%80%8B', 20)}",
    "Latin-1 spaces": lambda token: f"#token={in_lines(token, '%A0')}",
    "full stop": lambda token: f"#token={token}.",
    "closing mark": lambda token: f"#token={token}%3E",
    "more behind it": lambda token: f"#token={token}&utm_source=mail",
    "rewritten link": lambda token: f"?url={quote(LINK + token, safe='')}",
}
PASTED: dict[str, Damage] = {
    "Safe Links": lambda token: SAFE.format(quote(LINK + token, safe="")),
    "Safe Links, encoded twice": lambda token: SAFE.format(quote(quote(LINK + token, safe=""), safe="")),
    "Safe Links, broken": lambda token: in_lines(SAFE.format(quote(LINK + token, safe="")), "=\n", 50),
    "urldefense, version 2": lambda token: proofpoint(LINK + token),
    "urldefense, version 2, within Safe Links": lambda token: SAFE.format(quote(proofpoint(LINK + token), safe="")),
    "urldefense, version 3": lambda token: f"https://urldefense.com/v3/__{LINK.replace('#', '*')}{token}__;Iw!!Ab$",
    "Google": lambda token: f"https://www.google.com/url?q={quote(LINK + token, safe='')}&sa=D",
    "angle brackets": lambda token: f"<{LINK}{token}>",
    "quoted": lambda token: in_lines(f"{LINK}{token}", "\n> > "),
    "Markdown": lambda token: f"[Choose a new password]({LINK}{token}).",
    "HTML": lambda token: f'<a href="{LINK}{token}">Choose</a>',
    "words without a space": lambda token: f"Link:{LINK}{token}The link works once.",
    "line breaks": lambda token: in_lines(LINK + token, "\n"),
    "line breaks in between": lambda token: in_lines(LINK + token, " \t\n ", 30),
    "zero-width characters": lambda token: in_lines(LINK + token, "\u200b‌⁠﻿", 9),
    "soft hyphens": lambda token: in_lines(LINK + token, "­", 12),
    "the token alone": lambda token: token,
    "a host that looks like a token": lambda token: (
        f"https://id.accounts.internationalbusinessmachines.example/#token={token}"
    ),
}  # fmt: skip


def pasted_address(damage: Damage, token: str) -> str:
    return LINK.partition("#")[0] + damage(token)


# A pasted text may hold such an address, too.
FOUND = PASTED | {f"address with {name}": partial(pasted_address, damage) for name, damage in IN_THE_ADDRESS.items()}


def checked(page: Page, act: Callable[[], object]) -> str:
    """Return the token that the page asks the API about once something was done."""
    with page.expect_request(f"**{CHECK}") as asked:
        act()
    return str((asked.value.post_data_json or {})["token"])


def test_the_token_is_found_in_the_address_bar_and_leaves_it(demo: Demo, page: Page) -> None:
    made_up.answer(page, CHECK, 200, {"expires_at": "2100-01-01T00:00:00Z"})
    missed = {}

    for name, damage in IN_THE_ADDRESS.items():
        token = issue()
        page.goto("about:blank")  # Otherwise another fragment would load nothing.
        found = checked(page, partial(page.goto, demo.url(RESET + damage(token))))
        page.get_by_label("New password").wait_for()
        if (found, page.url) != (token, demo.url(RESET)):
            missed[name] = found, page.url

    assert missed == {}


@pytest.mark.parametrize("mark", ["/#", "%23", "%3F", "/%23", ".#", ")#", "%20#", "//#"])
def test_an_address_that_is_not_quite_the_pages_leads_to_it(demo: Demo, page: Page, mark: str) -> None:
    token = issue()
    made_up.answer(page, CHECK, 200, {"expires_at": "2100-01-01T00:00:00Z"})

    found = checked(page, lambda: page.goto(demo.url(f"{RESET}{mark}token={token}")))
    page.get_by_label("New password").wait_for()

    assert found == token
    assert page.url == demo.url(RESET)


def test_the_token_is_found_in_whatever_is_pasted(demo: Demo, page: Page) -> None:
    made_up.answer(page, CHECK, 200, {"expires_at": "2100-01-01T00:00:00Z"})
    missed = {}

    for name, damage in PASTED.items():
        token = issue()
        go(demo, page, RESET)
        page.get_by_label("Link").wait_for()
        # As the browser pastes: line ends are taken out of a field of one line.
        page.evaluate("text => { document.querySelector('#link').value = text }", damage(token))
        found = checked(page, page.get_by_role("button", name="Continue").click)
        if found != token:
            missed[name] = found

    assert missed == {}


def test_no_token_is_missed_or_cut_by_chance(demo: Demo, page: Page) -> None:
    """Some tokens hold what looks like an escape: `3D`, `-2D`, `_`."""
    go(demo, page, RESET)
    page.locator("#paste").wait_for()
    # Where `=` breaks a line within a run of two digits, nobody can tell the break from an escape.
    sure = {name: damage for name, damage in FOUND.items() if "a browser took out" not in name}
    cases = [(damage(token), token) for token in map(issue, range(100)) for damage in sure.values()]

    source = page.locator("script[type=module]").get_attribute("src")
    assert source
    find = f"""cases => import(new URL("{source.replace("reset.js", "link.js")}", location.href))
      .then(({{ tokenIn }}) => cases.filter(([text, token]) => tokenIn(text) !== token))"""
    missed = page.evaluate(find, cases)

    assert missed == [], json.dumps(missed[:3])
    assert len(cases) > 3000


@pytest.mark.parametrize(("before", "found"), [(0, True), (7_900, True), (8_192, False), (300_000, False)])
def test_only_the_beginning_of_a_text_is_searched(demo: Demo, page: Page, before: int, *, found: bool) -> None:
    """A crafted text of any length would otherwise keep the page busy for seconds."""
    go(demo, page, RESET)
    page.locator("#paste").wait_for()
    source = page.locator("script[type=module]").get_attribute("src")
    assert source
    search = f"""text => import(new URL("{source.replace("reset.js", "link.js")}", location.href))
      .then(({{ tokenIn }}) => tokenIn(text))"""
    token = issue()

    assert (page.evaluate(search, ". " * (before // 2) + token) == token) is found


@pytest.mark.parametrize("text", ["#token=", "#token=abc", "?token=a.b.c", "#www.example.com", "#%E0%A4%A", "#%%%"])
def test_what_holds_no_token_asks_for_the_link(demo: Demo, page: Page, text: str) -> None:
    page.goto(demo.url(RESET + text))

    page.get_by_label("Link").wait_for()
    assert page.url == demo.url(RESET)


def test_from_a_dead_link_one_can_go_back_and_paste(demo: Demo, page: Page) -> None:
    made_up.refuse(page, CHECK, 400, "invalid_or_expired_token")
    page.goto(demo.url(f"{RESET}?locale=en#token={TOKEN}"))
    heading(page, "This link no longer works").wait_for()

    page.get_by_role("link", name="Paste the link from your email").click()
    page.get_by_label("Link").fill(f"{LINK}{TOKEN}")
    page.get_by_role("button", name="Continue").click()

    heading(page, "This link no longer works").wait_for()
    assert page.url == demo.url(f"{RESET}?locale=en")
