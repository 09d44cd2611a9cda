"""Every command shows its help without any settings, and none runs without them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.cli import cli

from tests.support.compose import PROJECT
from worker.__main__ import main as worker

USERS = ["create-table", "add", "import", "send-reset"]
WORKER = ["pending", "dead", "retry", "purge", "trace", "preview"]
MISSING = "DATABASE_URL is missing"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FLASK_SKIP_DOTENV", "1")


def flask(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--app", "api.app", *arguments])


def test_flask_lists_our_commands() -> None:
    listed = flask("--help")

    assert listed.exit_code == 0
    assert "users    Create the users table" in listed.output


@pytest.mark.parametrize("command", USERS)
def test_a_command_for_users_shows_its_help(command: str) -> None:
    shown = flask("users", command, "--help")

    assert shown.exit_code == 0
    assert shown.output.startswith(f"Usage: flask users {command} [OPTIONS]")


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_the_commands_for_users_are_listed(option: str) -> None:
    listed = flask("users", option)

    assert listed.exit_code == 0
    assert [command for command in USERS if f"\n  {command} " not in listed.output] == []


@pytest.mark.parametrize(
    "command",
    [
        ["users", "create-table"],
        ["users", "add", "anna@example.com"],
        ["users", "import", __file__],
        ["users", "send-reset", "anna@example.com"],
        ["limiter", "limits"],
        ["routes"],
        ["run"],
    ],
    ids=" ".join,
)
def test_a_command_that_is_run_ends_with_the_list_of_what_is_missing(command: list[str]) -> None:
    ended = flask(*command)

    assert ended.exit_code == 1
    assert ended.output.startswith("Latchkey cannot start: 3 settings need your attention.")
    assert MISSING in ended.output


@pytest.mark.parametrize("command", WORKER)
def test_a_command_of_the_worker_shows_its_help(command: str) -> None:
    shown = CliRunner().invoke(worker, [command, "--help"])

    assert shown.exit_code == 0
    assert f" {command} [OPTIONS]" in shown.output


@pytest.mark.slow
def test_the_api_shows_its_help_and_starts_nothing() -> None:
    command = [sys.executable, "-m", "api"]
    shown, started = (
        subprocess.run([*command, *more], env={}, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=30)
        for more in (["--help"], [])
    )

    assert (shown.returncode, shown.stderr) == (0, "")
    assert "Serve the API" in shown.stdout
    assert started.returncode == 1
    assert MISSING in started.stderr


@pytest.mark.slow
def test_make_shows_the_help_of_the_commands_for_users(tmp_path: Path) -> None:
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("Makefile", "requirements.txt"):
        (tmp_path / name).symlink_to(PROJECT / name)
    (programs / "python").touch()
    (programs / "flask").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m flask "$@"\n')
    (programs / "flask").chmod(0o755)
    (tmp_path / ".venv" / "base").touch()
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)}

    shown = subprocess.run(
        ["make", "users", "ARGS=add --help"], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )

    assert shown.returncode == 0, shown.stderr
    assert "users add [OPTIONS] EMAIL" in shown.stdout
