"""Misspelt names of settings."""

import re
from pathlib import Path

import pytest

from api.settings.settings import ApiSettings
from dev.stack.environment import inherited_environment
from shared.settings.environment import secret_names
from shared.settings.settings import RedisSettings, Settings
from tests.unit.settings.test_settings import WORKER, only_problem, program_of
from worker.settings.settings import WorkerSettings

PROGRAMS: list[type[Settings]] = [ApiSettings, WorkerSettings]
EXAMPLE = (Path(__file__).parents[3] / ".env.example").read_text(encoding="utf-8")
MISSPELT = [
    ("BRAND_COLOUR", "BRAND_COLOR"),
    ("brand_color", "BRAND_COLOR"),
    ("PASSWORD_MIN_LENGHT", "PASSWORD_MIN_LENGTH"),
    ("LOGLEVEL", "LOG_LEVEL"),
    ("SUPPORT_MAIL", "SUPPORT_EMAIL"),
    ("TEMPLATES_FOLDER", "TEMPLATE_FOLDER"),
    ("SIGNIN_URL", "SIGN_IN_URL"),
    ("BREACH_CHEK", "BREACH_CHECK"),
    ("MAIL_PROT", "MAIL_PORT"),
    ("METRICS_TOKEN_FIEL", "METRICS_TOKEN_FILE"),
]
# Variables of systems, shells, containers, other programs and libraries.
FOREIGN = [
    *("PATH", "HOME", "USER", "MAIL", "LOGNAME", "LOG", "HOSTNAME", "HOSTS", "PORTS", "LANG", "TERM", "SHELL", "PWD"),
    *("PYTHONPATH", "VIRTUAL_ENV", "CI", "DEBUG", "TZ", "API_PORT", "REDIS_PORT", "REDIS_HOST", "KUBERNETES_PORT"),
    *("POSTGRES_PASSWORD", "PGPASSWORD", "MYSQL_DATABASE", "DATABASE_HOST", "DATABASE_NAME", "SECRET_KEY_BASE"),
    *("FLOWER_PORT", "FLOWER_BASIC_AUTH", "CELERY_BROKER_URL", "GRANIAN_WORKERS", "WEB_CONCURRENCY", "FLASK_APP"),
    *("MAIL_FROM", "MAIL_HOST", "MAIL_DRIVER", "MAIL_DEBUG", "MAIL_MAX_EMAILS", "MAIL_SUPPRESS_SEND", "SMTP_PORT"),
    *("LATCHKEY_HOME", "INBOX_PORT", "INBOX_SMTP_PORT", "SERVICE_URL", "BASE_URL", "LOGIN_URL", "APP_NAME"),
]


@pytest.mark.parametrize(("wrong", "meant"), MISSPELT)
def test_a_misspelt_setting_ends_the_start_with_the_name_that_was_meant(wrong: str, meant: str) -> None:
    problem = only_problem(program_of(meant.removesuffix("_FILE")), **{wrong: "value"})

    assert problem.startswith(f"{wrong} is not a setting. Did you mean {meant}? ")
    assert f"set {meant} as well, empty for its default" in problem


@pytest.mark.parametrize("prefixed", ["LATCHKEY_USERS_FILTER", "MY_USERS_FILTER", "latchkey_users_filter"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_filter_with_a_prefix_is_not_passed_over(program: type[Settings], prefixed: str) -> None:
    problem = only_problem(program, **{prefixed: "is_active"})

    assert problem.startswith(
        f"{prefixed} is not a setting. Did you mean USERS_FILTER? If {prefixed} is another program's"
    )
    assert program.load(WORKER | {prefixed: "is_active", "USERS_FILTER": ""}).users_filter == ""


def test_a_similar_name_is_ignored_if_the_setting_itself_is_set() -> None:
    assert ApiSettings.load(WORKER | {"BRAND_COLOUR": "red", "BRAND_COLOR": "#b00020"}).brand_color == "#b00020"
    assert ApiSettings.load(WORKER | {"CORS_ORIGIN": "*", "CORS_ORIGINS": ""}).cors_origins == ()
    assert ApiSettings.load(WORKER | {"REDIS_URI": "redis://other.example"}).redis_url.get_secret_value() != "redis"


@pytest.mark.parametrize("program", PROGRAMS)
def test_variables_of_other_programs_are_ignored(program: type[Settings]) -> None:
    assert program.load(WORKER | dict.fromkeys(FOREIGN, "value"))


@pytest.mark.parametrize("program", PROGRAMS)
def test_settings_of_the_other_program_and_of_env_are_not_misspelt(program: type[Settings]) -> None:
    names = {name.upper() for other in PROGRAMS for name in other.model_fields}
    names |= {f"{name}_FILE" for other in PROGRAMS for name in secret_names(other)}
    names |= set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE))
    theirs = names - {name.upper() for name in program.model_fields} - {f"{n}_FILE" for n in secret_names(program)}

    assert "FLOWER_PORT" in theirs
    assert program.load(WORKER | dict.fromkeys(theirs, "value"))


def test_a_command_that_only_needs_redis_ignores_other_names() -> None:
    assert RedisSettings.load({"REDIS_URL": "redis://redis.example", "BRAND_COLOUR": "red"})


@pytest.mark.parametrize(("wrong", "meant"), [*MISSPELT, ("MY_USERS_FILTER", "USERS_FILTER")])
def test_the_demo_comes_up_with_what_is_misspelt_in_the_shell(wrong: str, meant: str) -> None:
    assert wrong not in inherited_environment({wrong: "value"})
