"""A condition that is accepted never lets a row through that the rest of the statement excludes."""

import sqlite3
from collections.abc import Callable
from typing import Any

import psycopg
from hypothesis import given
from hypothesis import strategies as st

from shared.settings.database.address import Backend
from shared.settings.database.sql_text import checked_condition

# What begins, ends or hides something in SQL.
PIECES = [
    *("'", "''", '"', "`", "[", "]", "(", ")", "$$", "$a$", "$", "E'", "e'", "\\", "\\'", "\n", "--", "/*", "*/", ";"),
    *("1=1", " OR ", " AND ", "NOT ", "1", "'a'", "='", "a", "ä", " ", "%", ") OR (1=1", "UNION SELECT 1", ","),
]
conditions = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join)
# Each is a statement that lets nothing through; its end shows a quote or a comment that goes on.
STATEMENTS = ["SELECT 1 WHERE 0=1 AND ({}) AND 0=1", "SELECT 1 WHERE 0=1 AND ({})\n AND '(' <> 'a' AND (0=1)"]


def check(condition: str, backend: Backend, run: Callable[[str], list[Any]]) -> None:
    try:
        checked_condition(condition, backend)
    except ValueError:
        return
    for statement in STATEMENTS:
        assert run(statement.format(condition)) == []


@given(conditions)
def test_no_accepted_condition_lets_a_row_through_sqlite(condition: str) -> None:
    def run(statement: str) -> list[Any]:
        try:
            return connection.execute(statement).fetchall()
        except sqlite3.Error:
            return []  # The database has refused it, and nobody gets a link.

    connection = sqlite3.connect(":memory:")
    try:
        check(condition, "sqlite", run)
    finally:
        connection.close()


def test_no_accepted_condition_lets_a_row_through_postgresql(postgres: Any) -> None:
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:

        def run(statement: str) -> list[Any]:
            try:
                return connection.execute(statement.encode()).fetchall()
            except psycopg.Error:
                return []

        @given(conditions)
        def every(condition: str) -> None:
            check(condition, "postgresql", run)

        every()
