import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dev.errors import DemoError
from dev.stack.demo_database import make_demo_database
from dev.stack.environment import inherited_environment, latchkey_settings
from dev.stack.ports import DEFAULT_PORTS

pytestmark = pytest.mark.slow


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "latchkey.sqlite3"


@pytest.fixture
def settings(file: Path) -> dict[str, str]:
    secret = "a-secret-for-tests-0123456789-abcdefghij"
    return inherited_environment(os.environ) | latchkey_settings(DEFAULT_PORTS, secret=secret, database=file)


def test_the_first_start_creates_two_active_users_with_different_passwords(
    file: Path, settings: dict[str, str]
) -> None:
    make_demo_database(file, settings)

    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT email, is_active, password_hash FROM users ORDER BY id").fetchall()
    assert [row[:2] for row in rows] == [("demo@example.com", 1), ("ada@example.com", 1)]
    assert all(row[2].startswith("$2b$") for row in rows)
    assert list(file.parent.iterdir()) == [file]


def test_an_existing_database_is_left_unchanged(file: Path, settings: dict[str, str]) -> None:
    file.write_text("theirs")

    make_demo_database(file, settings)

    assert file.read_text() == "theirs"


def test_a_failure_says_why_and_leaves_no_partial_database(file: Path, settings: dict[str, str]) -> None:
    with pytest.raises(DemoError, match="USERS_HASH_FORMAT"):
        make_demo_database(file, settings | {"USERS_HASH_FORMAT": "rot13"})

    assert list(file.parent.iterdir()) == []
