"""The HTML part meets the requirements of mail clients."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from flask_mail import Message

from shared.languages import LANGUAGES
from shared.settings.colors import EASY_CONTRAST, contrast, readable
from tests.support.mails import JOB, TOKEN, both, reset, seen, speaking

GMAIL_CUTS = 102_000  # Bytes.


@pytest.fixture(autouse=True)
def _speaking() -> Iterator[None]:
    with speaking():
        yield


class Page(HTMLParser):
    """Collects every start tag with its attributes, in order."""

    def __init__(self, message: Message) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(str(message.html))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_nothing_in_a_mail_is_loaded_from_anywhere() -> None:
    for message in both(SUPPORT_EMAIL="help@example.org"):
        html = str(message.html)
        names = {tag for tag, _ in Page(message).tags}

        assert not names & {"img", "script", "link", "iframe", "form", "object", "base", "svg", "video"}
        assert "url(" not in html
        assert "@import" not in html
        assert not re.search(r"\s(src|background|srcset|poster)=", html)


def test_the_only_addresses_in_a_mail_are_the_links() -> None:
    link_mailed, notice = (re.findall(r"https?://[^\"<\s]+", str(message.html)) for message in both())

    assert len(link_mailed) == 3
    assert all(TOKEN in address for address in link_mailed)
    assert notice == []


def test_there_is_one_button_and_the_plain_link_below_it() -> None:
    button, plain = Page(reset()).all("a")

    assert "padding" in str(button["style"])
    assert "padding" not in str(plain["style"])
    assert button["href"] == plain["href"]


def test_links_ask_relays_not_to_track_them() -> None:
    for attributes in Page(reset()).all("a"):
        names = list(attributes)

        assert {"ses:no-track", "data-pm-no-track"} < set(names)
        assert (attributes["clicktracking"], attributes["data-msys-clicktrack"]) == ("off", "0")
        assert names.index("clicktracking") < names.index("href"), "SendGrid only reads it before href"


def test_tables_are_for_layout_and_know_their_direction() -> None:
    for message in both():
        tables = Page(message).all("table")

        assert len(tables) >= 3
        assert all(table["role"] == "presentation" and table["dir"] == "ltr" for table in tables)


def test_arabic_begins_at_the_right() -> None:
    for message in both(replace(JOB, locale="ar")):
        page = Page(message)

        (html,) = page.all("html")
        assert (html["lang"], html["dir"]) == ("ar", "rtl")
        assert {table["dir"] for table in page.all("table")} == {"rtl"}
        assert {cell["align"] for cell in page.all("td")} == {"right", "center"}
        assert all(link["dir"] == "ltr" for link in page.all("a") if "color:#ffffff" not in str(link["style"]))


def test_the_preheader_comes_first_and_nothing_follows_it_in_a_list_of_mails() -> None:
    for message, first in zip(both(), ("The link works once", "If this was you, you don't"), strict=True):
        body = str(message.html).split("<body")[1]
        hidden = body.split("<div", 1)[1].split("</div>")[0]

        assert "display:none" in hidden
        assert "mso-hide:all" in hidden
        assert seen(str(message.html)).startswith(first)
        assert hidden.count("&nbsp;") >= 30


def test_a_mail_supports_dark_mode() -> None:
    for message in both(BRAND_COLOR="#7a1f5c", SUPPORT_EMAIL="help@example.org"):
        html = str(message.html)
        metas = {meta.get("name"): meta.get("content") for meta in Page(message).all("meta")}

        assert metas["color-scheme"] == metas["supported-color-schemes"] == "light dark"
        assert "@media (prefers-color-scheme:dark)" in html
        assert "[data-ogsc]" in html
        assert readable("#7a1f5c", "#1b212a", EASY_CONTRAST) in html


def test_button_and_links_have_the_colour_of_the_brand() -> None:
    button, plain, support = Page(reset(BRAND_COLOR="#7a1f5c", SUPPORT_EMAIL="help@example.org")).all("a")

    assert "color:#7a1f5c" in str(plain["style"])
    assert "color:#7a1f5c" in str(support["style"])
    assert "color:#ffffff" in str(button["style"])
    cells = [cell for cell in Page(reset(BRAND_COLOR="#7a1f5c")).all("td") if cell.get("bgcolor") == "#7a1f5c"]
    assert ["background:#7a1f5c" in str(cell["style"]) for cell in cells] == [True]


@pytest.mark.parametrize("color", ["#f59e0b", "#ffd400", "#e91e63", "#ffffff"])
def test_a_bright_colour_of_the_brand_has_dark_text_and_a_darker_tone_for_links(color: str) -> None:
    links = Page(reset(BRAND_COLOR=color, SUPPORT_EMAIL="a@b.org")).all("a")
    colors = (dict(part.split(":") for part in str(link["style"]).split(";") if ":" in part)["color"] for link in links)
    button, plain, support = colors

    assert contrast(button, color) >= 4.5
    assert min(contrast(plain, "#ffffff"), contrast(support, "#ffffff")) >= 4.5


def test_all_texts_are_readable_on_their_background() -> None:
    light = [("#1c2430", "#ffffff"), ("#5a6575", "#ffffff"), ("#5a6575", "#f2f4f7")]
    dark = [("#e8ecf1", "#1b212a"), ("#a8b2bf", "#1b212a"), ("#a8b2bf", "#252d39")]
    html = str(reset(SUPPORT_EMAIL="help@example.org").html)

    assert all(color in html for pair in light + dark for color in pair)
    assert min(contrast(*pair) for pair in light + dark) >= 4.5
    assert contrast("#10151c", readable("#1f5fbf", "#1b212a", EASY_CONTRAST)) >= 4.5


def test_a_mail_stays_small() -> None:
    for code in LANGUAGES:
        for message in both(replace(JOB, locale=code), SUPPORT_EMAIL="help@example.org"):
            assert len(str(message.html).encode()) < GMAIL_CUTS / 10
