"""`python -m worker preview`."""

import email
import email.policy
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from shared.languages import LANGUAGES
from worker.__main__ import main
from worker.settings.settings import PreviewSettings

UNSET = [*(name.upper() for name in PreviewSettings.model_fields), "REDIS_URL", "SECRET_KEY"]
NOWHERE: dict[str, str | None] = dict.fromkeys(UNSET)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
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
    assert output == f"56 emails: {index}\n"
    page = index.read_text()
    for code, name in LANGUAGES.items():
        assert f">{name}</a>" in page
        for kind in ("reset", "password_changed", "first_password", "sign_in"):
            assert f'src="{code}/{kind}.html"' in page
            text, html, raw = (tmp_path / "mails" / code / f"{kind}.{end}" for end in ("txt", "html", "eml"))
            mail = email.message_from_bytes(raw.read_bytes(), policy=email.policy.default)
            assert "Acme & Co" in mail["Subject"]
            assert "Acme & Co" in " ".join(text.read_text().split())
            assert "Acme &amp; Co" in html.read_text()
            assert f'href="{code}/{kind}.eml"' in page


def test_a_preview_only_reads_the_settings_for_mails(tmp_path: Path) -> None:
    run(
        str(tmp_path),
        RESET_URL="https://acme.example/new",
        RESET_TOKEN_MAX_AGE="7200",
        MAIL_DEFAULT_SENDER="Acme <mail@acme.example>",
        MAIL_SHOW_REQUEST="false",
        REDIS_URL="nonsense",
    )

    text = (tmp_path / "en" / "reset.txt").read_text()
    assert "https://acme.example/new#token=" in text
    assert "2 hours" in text
    assert "Firefox" not in text
    mail = email.message_from_bytes((tmp_path / "en" / "reset.eml").read_bytes(), policy=email.policy.default)
    assert mail["From"] == "Acme <mail@acme.example>"


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


def refused(*arguments: str, **environ: str) -> str:
    result = CliRunner().invoke(main, ["preview", *arguments], env=NOWHERE | environ)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    return f"{result.exception} {result.output}"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("BRAND_COLOR", "red", "BRAND_COLOR is not a colour"),
        ("RESET_URL", "http://acme.example", "RESET_URL "),
        ("RESET_TOKEN_MAX_AGE", "1", "RESET_TOKEN_MAX_AGE is wrong. How long a link is valid"),
        ("MAIL_DEFAULT_SENDER", "nobody at all", "MAIL_DEFAULT_SENDER is not a sender. The sender of the emails: "),
    ],
)
def test_a_wrong_setting_ends_it_with_a_sentence(tmp_path: Path, name: str, value: str, told: str) -> None:
    assert told in refused(str(tmp_path), **{name: value})
    assert list(tmp_path.iterdir()) == []


def test_a_broken_template_ends_it_with_a_sentence(tmp_path: Path) -> None:
    subject = tmp_path / "templates" / "mails" / "reset" / "subject.txt"
    subject.parent.mkdir(parents=True)
    subject.write_text("One\nand two")

    told = refused(str(tmp_path / "mails"), TEMPLATE_FOLDER=str(tmp_path / "templates"))

    assert "TEMPLATE_FOLDER: mails/reset/subject.txt is not one line" in told


@pytest.mark.parametrize("name", ["index.html", "notes.txt"])
def test_a_folder_with_other_files_is_left_as_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Mine.")

    assert "contains files that no preview wrote. Name a new folder, or an empty one." in refused(str(tmp_path))
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(name, "Mine.")]


@pytest.mark.parametrize("name", ["index.html", "en", "en/reset.html"])
def test_nothing_is_written_through_a_link(tmp_path: Path, name: str) -> None:
    mails, elsewhere = tmp_path / "mails", tmp_path / "elsewhere"
    run(str(mails), "--no-open")
    (mails / name).rename(elsewhere)
    (mails / name).symlink_to(elsewhere)
    before = elsewhere.stat().st_mtime_ns

    assert "contains symbolic links" in refused(str(mails), PRODUCT_NAME="Acme")
    assert elsewhere.stat().st_mtime_ns == before
