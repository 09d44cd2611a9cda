import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings import ApiSettings
from shared.settings import EXAMPLE_SECRET, Settings, SettingsError
from worker.settings import WorkerSettings

KEY, OTHER_KEY = "abcdefghijklmnopqrstuvwxyz0123456789", "9876543210zyxwvutsrqponmlkjihgfedcba"
SHARED = {
    "SECRET_KEY": KEY,
    "REDIS_URL": "redis://:hunter2-redis@redis.example:6379/0",
    "DATABASE_URL": "postgresql://latchkey:hunter2-database@db.example/app",
    "USERS_HASH_FORMAT": "bcrypt",
}
WORKER = SHARED | {
    "RESET_URL": "https://www.example.com/reset-password",
    "MAIL_SERVER": "mail.example.com",
    "MAIL_DEFAULT_SENDER": "Example <no-reply@example.com>",
}


def api(**changes: str) -> ApiSettings:
    return ApiSettings.load(SHARED | changes)


def worker(**changes: str) -> WorkerSettings:
    return WorkerSettings.load(WORKER | changes)


def problems(program: type[Settings], **changes: str) -> list[str]:
    """Start a program with settings that are wrong."""
    with pytest.raises(SettingsError) as caught:
        program.load(WORKER | changes)
    return caught.value.problems


def only_problem(program: type[Settings], **changes: str) -> str:
    (problem,) = problems(program, **changes)
    return problem


def test_five_things_wrong_are_five_problems_each_with_its_cure() -> None:
    wrong = {"SECRET_KEY": "short", "REDIS_URL": "", "BCRYPT_ROUNDS": "4", "PORT": "http", "CORS_ORIGINS": "*"}

    found = problems(ApiSettings, **wrong)

    assert [problem.split()[0] for problem in found] == sorted(wrong)
    cures = {name: ApiSettings.model_fields[name.lower()].description for name in wrong}
    assert all(problem.endswith(f". {cures[problem.split()[0]]}") for problem in found)
    assert "REDIS_URL is missing. " in found[3]


def test_a_wrong_start_ends_the_program_with_every_problem_in_its_last_words() -> None:
    with pytest.raises(SystemExit) as caught:
        ApiSettings.load({})

    assert str(caught.value).startswith("Latchkey cannot start: 4 settings need your attention.\n")
    assert re.findall(r"^  - ([A-Z_]+) is missing\. \w", str(caught.value), re.MULTILINE) == sorted(SHARED)


def test_the_api_needs_nothing_of_the_mail() -> None:
    assert not {name for name in ApiSettings.model_fields if name.startswith("mail_")}
    assert ApiSettings.load(SHARED | {"MAIL_PORT": "wrong", "RESET_URL": "wrong"}).port == 8000


def test_the_worker_needs_nothing_of_the_api() -> None:
    settings = WorkerSettings.load(WORKER | {"PORT": "wrong", "BCRYPT_ROUNDS": "wrong"})

    assert settings.mail_port == 587
    assert not hasattr(settings, "port")


def test_what_the_worker_misses_of_its_own_is_listed() -> None:
    with pytest.raises(SettingsError) as caught:
        WorkerSettings.load(SHARED)

    assert [problem.split()[0] for problem in caught.value.problems] == [
        "MAIL_DEFAULT_SENDER",
        "MAIL_SERVER",
        "RESET_URL",
    ]


def test_an_empty_variable_counts_as_not_set() -> None:
    assert api(PORT="", PRODUCT_NAME="", SECRET_KEY_FILE="").port == 8000
    assert "is missing" in only_problem(ApiSettings, USERS_HASH_FORMAT="")


def test_settings_cannot_be_changed_afterwards() -> None:
    settings = api()

    with pytest.raises(ValidationError):
        settings.port = 1


def test_secrets_show_neither_in_the_settings_nor_in_their_fields() -> None:
    settings = worker(MAIL_USERNAME="latchkey", MAIL_PASSWORD="hunter2-mail")

    shown = f"{settings!r} {settings} {settings.secret_key} {settings.database_url!r} {settings.model_dump()}"

    assert "hunter2" not in shown
    assert KEY not in shown
    assert settings.mail_password.get_secret_value() == "hunter2-mail"


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("SECRET_KEY", "hunter2"),
        ("SECRET_KEY", f"{KEY},hunter2"),
        ("REDIS_URL", "http://:hunter2@redis.example"),
        ("DATABASE_URL", "mysql://latchkey:hunter2@db.example/app"),
        ("DATABASE_URL", "latchkey:hunter2@db.example/app"),
        ("DATABASE_URL", "postgresql://latchkey:p@ss:hunter2@db.example/app"),
        ("MAIL_PASSWORD", "hunter2"),
    ],
)
def test_a_secret_that_is_refused_does_not_show_in_the_error(name: str, secret: str) -> None:
    with pytest.raises(SettingsError) as caught:
        worker(**{name: secret})

    assert caught.value.problems[0].startswith(f"{name} ")
    assert "hunter2" not in f"{caught.value} {caught.value!r} {caught.value.problems}"


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")

    settings = ApiSettings.load(SHARED | {"SECRET_KEY": "", "SECRET_KEY_FILE": str(file)})

    assert [key.get_secret_value() for key in settings.secret_key] == [KEY]


@pytest.mark.parametrize("name", ["SECRET_KEY", "REDIS_URL", "DATABASE_URL", "MAIL_PASSWORD"])
def test_every_secret_may_stand_in_a_file_and_not_in_both_places(name: str, tmp_path: Path) -> None:
    both = {name: KEY, f"{name}_FILE": str(tmp_path / "any")}

    assert f"{name} and {name}_FILE are both set. Keep one of them." in problems(WorkerSettings, **both)


def test_a_file_that_cannot_be_read_is_one_problem(tmp_path: Path) -> None:
    problem = only_problem(ApiSettings, SECRET_KEY="", SECRET_KEY_FILE=str(tmp_path / "missing"))

    assert problem == "SECRET_KEY_FILE names a file that cannot be read. Check its path and permissions."


def test_a_file_that_is_no_text_is_a_problem_and_not_a_crash(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes(b"\xff\xfe")

    assert "cannot be read" in only_problem(WorkerSettings, MAIL_PASSWORD_FILE=str(file))


def test_several_keys_are_kept_in_their_order() -> None:
    keys = api(SECRET_KEY=f"{OTHER_KEY} , {KEY},").secret_key

    assert [key.get_secret_value() for key in keys] == [OTHER_KEY, KEY]


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        (EXAMPLE_SECRET, "is the example"),
        (f"{KEY},{EXAMPLE_SECRET}", "is the example"),
        (KEY[:31], "is shorter than 32"),
        (f"{KEY},{KEY[:31]}", "is shorter than 32"),
        (" , ", "is shorter than 32"),
        ("abcdefghi" * 4, "is not random"),
        (f"{KEY},{KEY}", "holds the same key twice"),
    ],
)
def test_a_weak_key_is_refused(key: str, complaint: str) -> None:
    assert complaint in only_problem(ApiSettings, SECRET_KEY=key)
