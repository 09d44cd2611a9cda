"""Emails in other languages, with generated catalogues that contain every text of the emails."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from flask import Flask
from flask_babel import Babel
from flask_mail import Mail

from shared.languages import LANGUAGES, direction, tag
from tests.support.mails import ADDRESS, JOB, TOKEN, both, parts, received, reset, seen

PROJECT = Path(__file__).parents[3]
KINDS = [("**.py", "python"), ("mails/templates/**", "jinja2")]
NAMED = {"PRODUCT_NAME": "12345", "SUPPORT_EMAIL": "0@0.0"}
HOURS = ("The link works once and expires in %(num)d hour.", "The link works once and expires in %(num)d hours.")


def foreign(text: str) -> str:
    """Translate a text by replacing every letter with the same one, except in placeholders."""
    return re.sub(r"%\(\w+\)[sd]|[A-Za-z]", lambda found: found[0] if found[0][0] == "%" else "ж", text)


@pytest.fixture(scope="module")
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a Ukrainian catalogue of every text in the emails, and a Polish one of a few."""
    made = tmp_path_factory.mktemp("catalogues")
    ukrainian, polish = Catalog("uk"), Catalog("pl")
    for _, _, text, _, _ in chain(*(extract_from_dir(PROJECT / part, KINDS) for part in ("worker", "shared"))):
        if isinstance(text, tuple):
            ukrainian.add(text, [foreign(text[0])] * ukrainian.num_plurals)
        else:
            ukrainian.add(text, foreign(text))
    polish.add(HOURS, ["%(num)d godzinę.", "%(num)d godziny.", "%(num)d godzin."])
    polish.add("Reset your %(product)s password", "Zmień hasło %(product)s")
    for catalogue in (ukrainian, polish):
        folder = made / str(catalogue.locale) / "LC_MESSAGES"
        folder.mkdir(parents=True)
        with (folder / "messages.mo").open("wb") as file:
            write_mo(file, catalogue)
    return made


@pytest.fixture(autouse=True)
def _speaking(catalogues: Path) -> Iterator[None]:
    """Run inside an app that uses these catalogues."""
    app = Flask("worker")
    Mail(app)
    Babel(app, default_translation_directories=str(catalogues))
    with app.app_context():
        yield


def test_no_english_is_left_in_a_mail_of_another_language() -> None:
    known = re.compile(rf"\S*{re.escape(TOKEN)}\S*|{re.escape(ADDRESS)}|UTC|Firefox|Windows|203\.0\.113\.x")
    for show in ("true", "false"):
        for message in both(replace(JOB, locale="uk"), MAIL_SHOW_REQUEST=show, **NAMED):
            subject, text, html = parts(message)
            for part in (subject, text, seen(html), *re.findall(r'aria-label="(.*?)"|<title>(.*?)<', html)[0]):
                assert not re.findall(r"[A-Za-z]+", known.sub("", part))
            assert "жж" in subject
            assert "23 листопада 2026" in text or show == "false"


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_mail_can_be_written_in_each_language(code: str) -> None:
    for message in both(replace(JOB, locale=code)):
        mail = received(message)
        assert mail["Content-Language"] == tag(code)
        assert f'<html lang="{tag(code)}" dir="{direction(code)}"' in str(message.html)


@pytest.mark.parametrize("locale", ["", "xx", "uk_UA\r\nBcc: eve@evil.example", "../../etc", "en"])
def test_an_unknown_language_is_the_default_one(locale: str) -> None:
    for message in both(replace(JOB, locale=locale), BABEL_DEFAULT_LOCALE="uk"):
        assert received(message)["Content-Language"] == ("en" if locale == "en" else "uk")
        assert ("жж" in message.subject) == (locale != "en")


def test_a_missing_text_is_said_in_english() -> None:
    assert reset(job=replace(JOB, locale="de")).subject == "Reset your Latchkey password"


def test_the_language_of_a_mail_does_not_affect_the_next() -> None:
    assert "жж" in reset(job=replace(JOB, locale="uk")).subject
    assert "Reset" in reset().subject


@pytest.mark.parametrize(
    ("hours", "said"), [(1, "1 godzinę."), (2, "2 godziny."), (5, "5 godzin."), (22, "22 godziny.")]
)
def test_plurals_are_those_of_the_language(hours: int, said: str) -> None:
    _, text, html = parts(reset(job=replace(JOB, locale="pl"), RESET_TOKEN_MAX_AGE=str(hours * 3600)))

    assert said in text
    assert said in seen(html)


def test_values_in_a_translated_text_are_only_escaped_in_html() -> None:
    subject, text, html = parts(reset(job=replace(JOB, locale="pl"), PRODUCT_NAME="<i>Acme</i>"))

    assert subject == "Zmień hasło <i>Acme</i>"
    assert "<i>Acme</i>" in text
    assert "Zmień hasło <bdi>&lt;i&gt;Acme&lt;/i&gt;</bdi>" in html
    assert "<i>" not in html


def test_every_language_arrives_in_seven_bits() -> None:
    for message in both(replace(JOB, locale="uk"), PRODUCT_NAME="Ключ 🔑"):
        raw = message.as_bytes()

        assert raw.isascii()
        assert max(map(len, raw.split(b"\r\n"))) <= 78
        text = received(message).get_body(("plain",))
        assert text is not None
        assert text.get_content().split() == str(message.body).split()
