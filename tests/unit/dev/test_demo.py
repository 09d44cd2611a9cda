import os
import subprocess
import sys
from pathlib import Path

import pytest
from celery.platforms import ASSUMING_ROOT, ROOT_DISCOURAGED

from api.settings.settings import ApiSettings
from dev.site.place import Place
from dev.stack.environment import (
    LINKS,
    flower_settings,
    frontend_settings,
    inbox_settings,
    inherited_environment,
    latchkey_settings,
)
from dev.stack.home import Home, choose_home, secret_key
from dev.stack.part import Part
from dev.stack.ports import DEFAULT_PORTS
from dev.stack.redis_server import redis_command
from dev.stack.stack import flower, inbox, programs, redis_server
from shared.languages import LANGUAGES
from shared.settings.environment import secret_names
from worker.settings.settings import WorkerSettings

PROGRAMS = (ApiSettings, WorkerSettings)
SETTING_NAMES = sorted(
    {name.upper() for settings in PROGRAMS for name in settings.model_fields}
    | {f"{name}_FILE" for settings in PROGRAMS for name in secret_names(settings)}
    | {"USERS_ANYTHING", "CELERY_BROKER_URL", "FLOWER_PORT", "FLASK_DEBUG", "GRANIAN_WORKERS", "PYTHONSAFEPATH"}
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return choose_home({"LATCHKEY_HOME": str(tmp_path / "home")})


@pytest.fixture
def settings(home: Home) -> dict[str, str]:
    return latchkey_settings(DEFAULT_PORTS, secret=secret_key(home), database=home.database)


def page_settings(home: Home) -> dict[str, str]:
    return inbox_settings(DEFAULT_PORTS, user="operator", password="flower-password", database=home.database)


def all_parts(home: Home, settings: dict[str, str]) -> list[Part]:
    flower_env = flower_settings(DEFAULT_PORTS, user="operator", password="flower-password")
    foundations = [redis_server(DEFAULT_PORTS, home, {}), inbox(page_settings(home))]
    return [*foundations, flower(flower_env), *programs(settings)]


@pytest.mark.parametrize("name", SETTING_NAMES)
def test_no_setting_of_the_shell_reaches_the_demo(name: str) -> None:
    assert name not in inherited_environment({name: "nonsense"})


@pytest.mark.slow
@pytest.mark.parametrize("warning", [ROOT_DISCOURAGED, ASSUMING_ROOT])
def test_celery_does_not_warn_of_root_in_the_middle_of_the_welcome(warning: str) -> None:
    code = "import sys, warnings; from celery.exceptions import SecurityWarning as W; warnings.warn(W(sys.argv[1]))"

    said = [
        subprocess.run([sys.executable, "-c", code, text], env=environ, capture_output=True, check=True).stderr
        for environ in (inherited_environment(os.environ), dict(os.environ))
        for text in (warning, "Something else")
    ]

    assert [bool(words) for words in said] == [False, True, True, True]


def test_a_frontend_under_development_gets_the_links_and_may_call() -> None:
    page = "http://localhost:5173/reset.html"

    assert frontend_settings({"LATCHKEY_FRONTEND": page}) == {
        "RESET_URL": page,
        "CORS_ORIGINS": "http://localhost:5173",
    }
    assert frontend_settings({}) == {}


def test_the_rest_of_the_shells_environment_is_passed_on() -> None:
    shell = {"PATH": "/bin", "HOME": "/home/ada", "LANG": "C.UTF-8", "LOG_LEVEL": "DEBUG"}

    assert shell.items() <= inherited_environment(shell).items()


def test_the_api_and_the_worker_accept_the_demos_settings(settings: dict[str, str]) -> None:
    api, worker = ApiSettings.load(settings), WorkerSettings.load(settings)

    assert (api.host, api.port) == ("127.0.0.1", 8000)
    assert worker.reset_url == "http://localhost:8000/reset-password"


def test_the_demos_quota_allows_every_language_and_is_documented(settings: dict[str, str]) -> None:
    root = Path(__file__).parents[3]

    assert ApiSettings.load(settings).forgot_limit_per_email == f"{LINKS}/15 minutes"
    assert len(LANGUAGES) < LINKS
    for document in ("README.md", "docs/integrate.md"):
        assert f"an address can get {LINKS} links in 15 minutes" in " ".join((root / document).read_text().split())


def test_the_worker_mails_into_the_inbox(home: Home, settings: dict[str, str]) -> None:
    assert settings["MAIL_PORT"] == page_settings(home)["INBOX_SMTP_PORT"]


def test_the_front_page_is_told_where_the_rest_is(home: Home) -> None:
    place = Place.of(page_settings(home))

    assert place.page("/docs") == "http://localhost:8000/docs"
    assert place.open_flower == "http://operator:flower-password@localhost:5555"
    assert place.database == home.database


def test_the_pages_link_to_the_demos_page_to_sign_in(settings: dict[str, str]) -> None:
    assert ApiSettings.load(settings).sign_in_url == "http://localhost:8025/sign-in"


def test_everything_listens_on_loopback(home: Home, settings: dict[str, str]) -> None:
    flower_env = flower_settings(DEFAULT_PORTS, user="operator", password="x")

    assert settings["HOST"] == flower_env["FLOWER_ADDRESS"] == "127.0.0.1"
    assert "--bind 127.0.0.1 --port" in " ".join(redis_command(6399, home.redis))


def test_no_secret_stands_on_a_command_line(home: Home, settings: dict[str, str]) -> None:
    words = [word for part in all_parts(home, settings) for word in part.command]

    assert not [word for word in words if secret_key(home) in word or "flower-password" in word]


def test_the_parts_can_end_within_six_seconds(home: Home, settings: dict[str, str]) -> None:
    foundation_graces = [redis_server(DEFAULT_PORTS, home, {}).grace, inbox({}).grace]
    flower_grace = flower({}).grace

    assert max(part.grace for part in programs(settings)) + flower_grace + max(foundation_graces) <= 6
