"""How the Makefile reads settings: the environment overrides .env, and an invalid line stops the target."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PRINT_SETTINGS = """#!/bin/sh
echo "PORT=$PORT USERS_FILTER=$USERS_FILTER"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder where `make api` prints the settings that the API would get."""
    shutil.copy(PROJECT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").write_text(PRINT_SETTINGS)
    (programs / "python").chmod(0o755)
    (tmp_path / ".venv" / "base").touch()
    return tmp_path


def make_api(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"]} | environ
    return subprocess.run(["make", "api"], cwd=folder, env=clean, capture_output=True, text=True, check=False)


def test_settings_come_from_the_file(folder: Path) -> None:
    (folder / ".env").write_text("PORT=8001\nUSERS_FILTER='is_active AND NOT banned'\n")

    assert make_api(folder).stdout == "PORT=8001 USERS_FILTER=is_active AND NOT banned\n"


def test_the_environment_overrides_the_file(folder: Path) -> None:
    (folder / ".env").write_text("PORT=8001\nUSERS_FILTER=is_active\n")

    assert make_api(folder, PORT="9").stdout == "PORT=9 USERS_FILTER=is_active\n"


def test_a_value_without_its_quotes_stops_the_start(folder: Path) -> None:
    (folder / ".env").write_text("USERS_FILTER=is_active AND NOT banned\nPORT=8001\n")

    ended = make_api(folder)

    assert ended.returncode != 0
    assert ended.stdout == ""


def test_without_a_file_the_environment_is_enough(folder: Path) -> None:
    assert make_api(folder, PORT="9").stdout == "PORT=9 USERS_FILTER=\n"


def test_every_target_is_listed_and_phony() -> None:
    text = (PROJECT / "Makefile").read_text()
    targets = re.findall(r"^([a-z]+):", text, re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    listed = subprocess.run(["make", "help"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout

    assert phony
    assert sorted(phony[1].split()) == sorted(targets)
    assert re.findall(r"^  make (\w+)", listed, re.MULTILINE) == targets
