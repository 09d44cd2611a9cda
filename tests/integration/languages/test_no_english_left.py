"""No English is left in the pages and emails of any other language that has a catalogue."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from shared.languages import DEFAULT, LANGUAGES, tag
from tests.conftest import MakeService
from tests.support.catalogues import SAME_AS_ENGLISH
from tests.support.service import Service
from worker.mails.preview import write_all
from worker.settings.settings import PreviewSettings

OTHERS = [code for code in LANGUAGES if code != DEFAULT]
# Texts that need no translation: names, and values from the settings.
NAMES = {"12345", "0@0.0", "anna@example.com", "you@example.com", "you@example.com.", "Firefox", "Windows", "UTC"}
NAMES |= {"Anna Example"}
SAID_BY_ATTRIBUTES = {"alt", "aria-label", "placeholder", "title"}


class Said(HTMLParser):
    """The texts of a page that are meant for people."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: set[str] = set()
        self._silent = False
        self.feed(html)

    def handle_starttag(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent = name in {"style", "script"}
        for key, value in attrs:
            if key in SAID_BY_ATTRIBUTES:
                self.handle_data(value or "")

    def handle_data(self, text: str) -> None:
        text = " ".join(text.split())
        if re.search(r"[A-Za-z]{2}", text) and not self._silent and "//" not in text:
            self.texts.add(text)


def same(code: str, english: set[str], other: set[str]) -> set[str]:
    """Return the texts that both have, except those that may be the same; their placeholders match anything."""
    alike = tuple(text.partition("%")[0].strip() for text in SAME_AS_ENGLISH.get(code, ()))
    return {text for text in english & other if not (alike and text.startswith(alike))}


@pytest.fixture
def service(make_service: MakeService) -> Service:
    return make_service(
        PRODUCT_NAME="12345", SUPPORT_EMAIL="0@0.0", SIGN_IN_URL="https://www.example.com/", PASSWORD_MIN_LENGTH="8"
    )


@pytest.mark.parametrize("path", ["/forgot-password", "/reset-password"])
def test_no_english_is_left_in_a_page_of_another_language(service: Service, path: str) -> None:
    def said(code: str) -> set[str]:
        return Said(service.client.get(f"{path}?locale={tag(code)}").get_data(as_text=True)).texts - NAMES

    assert len(said(DEFAULT)) > 15
    assert {code: left for code in OTHERS if (left := same(code, said(DEFAULT), said(code)))} == {}


def test_no_english_is_left_in_a_mail_of_another_language(tmp_path: Path) -> None:
    url = "https://www.example.com/"
    settings = PreviewSettings(product_name="12345", support_email="0@0.0", sign_in_url=url, users_name_column="name")
    write_all(settings, tmp_path)
    files = {path.name for path in (tmp_path / DEFAULT).iterdir() if path.suffix in {".txt", ".html"}}

    def said(code: str, name: str) -> set[str]:
        text = (tmp_path / code / name).read_text()
        if name.endswith(".txt"):
            text = text.replace("\n", "<br>")
        return Said(text).texts - NAMES

    assert len(files) == 8
    for name in files:
        assert len(said(DEFAULT, name)) > 5
        assert {code: left for code in OTHERS if (left := same(code, said(DEFAULT, name), said(code, name)))} == {}


@pytest.mark.parametrize("code", ["ja", "zh_Hans"])
def test_sentences_have_no_space_between_them_after_a_full_width_full_stop(
    service: Service, tmp_path: Path, code: str
) -> None:
    write_all(PreviewSettings(), tmp_path)
    texts = [service.client.get(f"/reset-password?locale={tag(code)}").get_data(as_text=True)]
    texts += [path.read_text() for path in (tmp_path / code).glob("*.html")]

    assert "\u3002" in texts[0]
    assert [found for text in texts for found in re.findall("\u3002[ \n][^&<\\s]+", text)] == []
