"""Users tables of any size, each in its own database on one PostgreSQL server."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from tests.faults.database import STORED

# Without an index, because creating it at the end is several times faster; unlogged, because a crash may lose the data.
_TABLE = (
    "CREATE UNLOGGED TABLE users (id INTEGER NOT NULL, email VARCHAR(254) NOT NULL, password_hash VARCHAR(255), "
    "is_active BOOLEAN NOT NULL DEFAULT true, password_changed_at TIMESTAMP)"
)
_GENERATED = (
    "INSERT INTO users (id, email, password_hash) "
    "SELECT n, 'u' || n || '@example.com', %s FROM generate_series(0, %s) n"
)
_INDEXES = ("ALTER TABLE users ADD PRIMARY KEY (id)", "ALTER TABLE users ADD UNIQUE (email)")
# Warms the cache, as in a database that has been running for a while: random lookups read the indexes and the table.
_WARM = "SELECT pg_prewarm(indexrelid, 'read') FROM pg_index WHERE indrelid = 'users'::regclass"
_WARM_TABLE = "SELECT pg_prewarm('users', 'read')"


@contextmanager
def generated(server_url: str, name: str, number: int) -> Iterator[str]:
    """Create a database with users `u0@example.com` and so on, warm it up, and yield its URL; drop it at the end."""
    with _database(server_url, name) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_TABLE)
            connection.execute(_GENERATED, (STORED, number - 1))
            _finish(connection)
        yield url


@contextmanager
def listed(server_url: str, name: str, addresses: Iterable[str]) -> Iterator[str]:
    """Create a database with a user for each address, and yield its URL; drop it at the end."""
    with _database(server_url, name) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_TABLE)
            with connection.cursor().copy("COPY users (id, email, password_hash) FROM STDIN") as copy:
                for number, address in enumerate(addresses):
                    copy.write_row((number, address, STORED))
            _finish(connection)
        yield url


def _finish(connection: psycopg.Connection) -> None:
    for statement in (*_INDEXES, "VACUUM ANALYZE users", "CREATE EXTENSION pg_prewarm", _WARM, _WARM_TABLE):
        connection.execute(statement)


@contextmanager
def _database(server_url: str, name: str) -> Iterator[str]:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        try:
            yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
