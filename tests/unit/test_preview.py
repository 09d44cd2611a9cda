"""`python -m worker preview`."""

import email
import email.policy
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from shared.branding import Branding
from shared.languages import LANGUAGES
from worker.__main__ import main

NOWHERE = {name.upper(): None for name in Branding.model_fields} | {"REDIS_URL": None, "SECRET_KEY": None}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The pages that a browser was asked to open."""
    pages: list[str] = []
    monkeypatch.setattr(click, "launch", pages.append)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    return pages


def run(*arguments: str, **environ: str) -> Result:
    result = CliRunner().invoke(main, ["preview", *arguments], env=NOWHERE | environ)
    assert result.exit_code == 0, result.output
    return result


def test_every_mail_is_written_in_every_language(tmp_path: Path, opened: list[str]) -> None:
    output = run(str(tmp_path / "mails"), PRODUCT_NAME="Acme & Co").output

    index = tmp_path / "mails" / "index.html"
    assert output == f"28 mails: {index}\n"
    page = index.read_text()
    for code, name in LANGUAGES.items():
        assert f">{name}</a>" in page
        for kind in ("reset", "password_changed"):
            assert f'src="{code}/{kind}.html"' in page
            text, html, raw = (tmp_path / "mails" / code / f"{kind}.{end}" for end in ("txt", "html", "eml"))
            mail = email.message_from_bytes(raw.read_bytes(), policy=email.policy.default)
            assert "Acme & Co" in mail["Subject"]
            assert "Acme & Co" in " ".join(text.read_text().split())
            assert "Acme &amp; Co" in html.read_text()
            assert f'href="{code}/{kind}.eml"' in page


def test_the_settings_of_the_service_are_neither_needed_nor_shown(tmp_path: Path, opened: list[str]) -> None:
    run(str(tmp_path), RESET_URL="https://secret.example/", MAIL_DEFAULT_SENDER="nobody at all", REDIS_URL="nonsense")

    assert "https://www.example.com/reset-password" in (tmp_path / "en" / "reset.txt").read_text()


def test_the_page_is_opened_where_there_is_a_display_and_it_is_not_refused(
    tmp_path: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(str(tmp_path))
    assert opened == []

    monkeypatch.setenv("DISPLAY", ":0")
    run(str(tmp_path), "--no-open")
    assert opened == []

    run(str(tmp_path))
    assert opened == [(tmp_path / "index.html").as_uri()]


def test_the_page_has_the_brands_colours_and_leads_nowhere_else(tmp_path: Path, opened: list[str]) -> None:
    run(str(tmp_path), BRAND_COLOR="#6A1B9A")

    page = (tmp_path / "index.html").read_text()
    assert "--accent: #6A1B9A;" in page
    assert "Back to the start" not in page


def test_a_wrong_setting_ends_it_with_a_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["preview", str(tmp_path)], env=NOWHERE | {"BRAND_COLOR": "red"})

    assert result.exit_code == 1
    assert "BRAND_COLOR is not a colour" in str(result.exception or result.output)
