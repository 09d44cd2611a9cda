import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings.settings import ApiSettings
from shared.settings.environment import SettingsError
from shared.settings.settings import Settings
from worker.settings.settings import WorkerSettings

KEY = "k7Qz2mVd9Rt4Wb8Xp3Lc6Hn5Js1Fy0Gu-Ea-Ti"
SHARED = {
    "SECRET_KEY": KEY,
    "REDIS_URL": "redis://:hunter2-redis@redis.example:6379/0",
    "DATABASE_URL": "postgresql://latchkey:hunter2-database@db.example/app",
}
WORKER = SHARED | {
    "RESET_URL": "https://www.example.com/reset-password",
    "MAIL_SERVER": "mail.example.com",
    "MAIL_DEFAULT_SENDER": "Example <no-reply@example.com>",
}


def program_of(name: str) -> type[Settings]:
    return WorkerSettings if name.lower() in WorkerSettings.model_fields else ApiSettings


def only_problem(program: type[Settings], **changes: str) -> str:
    with pytest.raises(SettingsError) as caught:
        program.load(WORKER | changes)
    (problem,) = caught.value.problems
    return problem


def test_five_things_wrong_end_the_start_with_five_problems_and_their_cures() -> None:
    wrong = {"SECRET_KEY": "short", "REDIS_URL": "", "BCRYPT_ROUNDS": "4", "PORT": "http", "CORS_ORIGINS": "*"}

    with pytest.raises(SystemExit) as caught:
        ApiSettings.load(SHARED | wrong)

    headline, *found = str(caught.value).splitlines()
    assert headline == "Latchkey cannot start: 5 settings need your attention."
    assert [line.split()[:2] for line in found] == [["-", name] for name in sorted(wrong)]
    cures = [ApiSettings.model_fields[name.lower()].description for name in sorted(wrong)]
    assert all(line.endswith(f". {hint}") for line, hint in zip(found, cures, strict=True))


def test_neither_program_needs_or_reads_what_is_the_others_own() -> None:
    api = ApiSettings.load(SHARED | {"MAIL_PORT": "wrong", "RESET_URL": "wrong"})
    worker = WorkerSettings.load(WORKER | {"PORT": "wrong", "BCRYPT_ROUNDS": "wrong"})

    assert not {"mail_password", "mail_port", "reset_url"} & api.model_dump().keys()
    assert not {"port", "bcrypt_rounds"} & worker.model_dump().keys()


def test_an_empty_variable_counts_as_not_set() -> None:
    settings = ApiSettings.load(SHARED | {"PORT": "", "PRODUCT_NAME": "", "SECRET_KEY_FILE": ""})

    assert (settings.port, settings.product_name) == (8000, "Latchkey")
    assert "is missing" in only_problem(ApiSettings, DATABASE_URL="")


def test_settings_cannot_be_changed_afterwards() -> None:
    settings = ApiSettings.load(SHARED)

    with pytest.raises(ValidationError):
        settings.port = 1


def test_secrets_do_not_show_when_the_settings_are_printed() -> None:
    settings = WorkerSettings.load(WORKER | {"MAIL_USERNAME": "latchkey", "MAIL_PASSWORD": "hunter2-mail"})

    shown = f"{settings!r} {settings} {settings.secret_key} {settings.model_dump()}"

    assert not [secret for secret in (KEY, "hunter2") if secret in shown]


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("SECRET_KEY", f"{KEY},hunter2"),
        ("REDIS_URL", "http://:hunter2@redis.example"),
        ("DATABASE_URL", "oracle://latchkey:hunter2@db.example/app"),
        ("DATABASE_URL", "latchkey:hunter2@db.example/app"),
        ("DATABASE_URL", "postgresql://latchkey:p@ss:hunter2@db.example/app"),
        ("MAIL_PASSWORD", "hunter2"),
        ("METRICS_TOKEN", "hunter2"),
    ],
)
def test_a_secret_that_is_refused_does_not_show_in_the_error(name: str, secret: str) -> None:
    problem = only_problem(program_of(name), **{name: secret})

    assert problem.startswith(f"{name} ")
    assert "hunter2" not in problem


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("rediss://redis.example/1\n")

    settings = ApiSettings.load(SHARED | {"REDIS_URL": "", "REDIS_URL_FILE": str(tmp_path / "url")})

    assert settings.redis_url.get_secret_value() == "rediss://redis.example/1"


@pytest.mark.parametrize("name", ["SECRET_KEY", "REDIS_URL", "DATABASE_URL", "MAIL_PASSWORD"])
def test_a_secret_must_not_stand_in_two_places(name: str) -> None:
    both = {name: KEY, f"{name}_FILE": "/run/secrets/any"}

    assert only_problem(WorkerSettings, **both) == f"{name} and {name}_FILE are both set. Keep one of them."


@pytest.mark.parametrize("name", ["SECRET_KEY", "MAIL_PASSWORD"])
@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["missing", "no text"])
def test_a_file_that_cannot_be_read_is_one_problem(name: str, content: bytes | None, tmp_path: Path) -> None:
    if content:
        (tmp_path / "secret").write_bytes(content)

    problem = only_problem(WorkerSettings, **{name: "", f"{name}_FILE": str(tmp_path / "secret")})

    assert problem == f"{name}_FILE names a file that cannot be read. Check its path and permissions."


def test_a_value_that_is_not_utf_8_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environb, b"MAIL_DEFAULT_SENDER", b"B\xfccher <a@b.example>")

    problem = only_problem(WorkerSettings, MAIL_DEFAULT_SENDER=os.environ["MAIL_DEFAULT_SENDER"])

    assert problem == "MAIL_DEFAULT_SENDER is not text in UTF-8."


def test_a_name_that_no_file_can_have_is_the_same_problem() -> None:
    problem = only_problem(WorkerSettings, SECRET_KEY="", SECRET_KEY_FILE="a\x00b")

    assert problem == "SECRET_KEY_FILE names a file that cannot be read. Check its path and permissions."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RESET_URL", "https://www.example.com/#/reset?t={token}"),
        ("RESET_URL", "http://localhost:8000/reset-password"),
        ("RESET_URL", "https://[2001:db8::1]:8443/~reset/?from=a%20mail&t={token}"),
        ("PRODUCT_NAME", "Zo\u00eb\u00a0& S\u00f8n \U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("FORGOT_LIMIT_PER_IP", "30/minute;300/hour"),
        ("SUPPORT_EMAIL", "help@b\u00fccher.example"),
        ("PRODUCT_NAME", "L" * 80),
        ("BABEL_DEFAULT_TIMEZONE", "Europe/Berlin"),
    ],
)
def test_a_right_value_is_kept_as_it_is(name: str, value: str) -> None:
    assert getattr(program_of(name).load(WORKER | {name: value}), name.lower()) == value


@pytest.mark.parametrize("spelling", ["pt_BR", "pt-BR", "pt-br", "PT_BR"])
def test_a_language_may_be_spelt_as_a_tag(spelling: str) -> None:
    assert ApiSettings.load(SHARED | {"BABEL_DEFAULT_LOCALE": spelling}).babel_default_locale == "pt_BR"


def test_a_password_may_go_unencrypted_to_this_machine() -> None:
    local = {"MAIL_SERVER": "127.0.0.1", "MAIL_USE_TLS": "false", "MAIL_USERNAME": "u", "MAIL_PASSWORD": "p"}

    assert not WorkerSettings.load(WORKER | local).mail_use_tls


def test_lists_are_split_at_commas_and_keep_their_order() -> None:
    origins = "https://www.example.com, http://localhost:3000,"

    settings = ApiSettings.load(SHARED | {"SECRET_KEY": f"{KEY[::-1]} , {KEY},", "CORS_ORIGINS": origins})

    assert [key.get_secret_value() for key in settings.secret_key] == [KEY[::-1], KEY]
    assert settings.cors_origins == ("https://www.example.com", "http://localhost:3000")


def test_a_misspelt_users_setting_is_refused_with_the_nearest_name() -> None:
    assert "Did you mean USERS_FILTER?" in only_problem(ApiSettings, USERS_FILTRE="is_active")
