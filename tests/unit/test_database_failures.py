"""What the database refuses is explained in its own words, without values."""

import sqlite3

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.database.failures import explain_database
from shared.failures import explain
from shared.users.table import UsersTableError
from shared.words import MAX_WORDS


def test_a_failed_connection_is_told_in_the_words_of_libpq() -> None:
    words = (
        'connection to server at "192.0.2.1" failed: FATAL:  password authentication failed for user "latchkey"\nmore'
    )
    cause = psycopg.OperationalError(words)

    told = explain(DBAPIError("SELECT 1", {}, cause))

    assert 'FATAL: password authentication failed for user "latchkey" more. Check' in told


def test_words_are_bounded_and_hold_no_address_and_no_hash() -> None:
    words = f"anna@example.com $2b$12${'a' * 53} " + "x" * 500

    told = explain_database(DBAPIError("", {}, sqlite3.OperationalError(words)))

    assert "[address] [hash] xxx" in told
    assert "x" * MAX_WORDS not in told


def test_control_characters_of_the_databases_words_do_not_reach_a_terminal() -> None:
    words = "no \x1b[2Jcolumn\x9b31m \x07named \u202egnp\x7f"

    for cause in (sqlite3.OperationalError(words), psycopg.OperationalError(words)):
        assert "no [2Jcolumn 31m named gnp" in explain(DBAPIError("", {}, cause))
    assert "no  [2Jcolumn 31m  named  gnp " in explain(UsersTableError(words))


def test_a_pool_without_a_free_connection_is_told() -> None:
    assert "All connections to the database are in use" in explain(PoolTimeout())


@pytest.mark.parametrize("kind", [psycopg.errors.UniqueViolation, psycopg.errors.InvalidTextRepresentation])
def test_words_that_may_hold_values_are_not_repeated(kind: type[psycopg.Error]) -> None:
    told = explain(DBAPIError("", {}, kind('invalid input: "secret"')))

    assert "secret" not in told
    assert f"{kind.__name__} (SQLSTATE {kind.sqlstate})" in told
