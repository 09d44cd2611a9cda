"""The Flask-SQLAlchemy object, and the connections of both programs, with a bound on every wait."""

import time
from collections.abc import Generator
from typing import Any

import psycopg
from flask_sqlalchemy import SQLAlchemy
from psycopg.waiting import Ready
from sqlalchemy import make_url

db = SQLAlchemy()

# Seconds. PostgreSQL ends a statement that takes too long; if it does not answer at all, we give up a second later.
CONNECT_TIMEOUT = 2
STATEMENT_TIMEOUT = 5
ANSWER_TIMEOUT = STATEMENT_TIMEOUT + 1


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that waits for a frozen server no longer than ANSWER_TIMEOUT.

    libpq has no such bound: `statement_timeout` is enforced by the server, and TCP does not time out as long as the
    other side's kernel, or a proxy, acknowledges.
    """

    def wait(self, gen: Any, *arguments: Any, **options: Any) -> Any:
        """Run a generator of psycopg, which is one exchange with the server.

        Raises psycopg.OperationalError after ANSWER_TIMEOUT, and closes the connection.
        """
        return super().wait(self._bounded(gen), *arguments, **options)

    def _bounded(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        ends_at = time.monotonic() + ANSWER_TIMEOUT
        try:
            state = next(gen)
            while True:
                ready = yield state
                # psycopg sends NONE ten times a second while nothing arrives.
                if ready == Ready.NONE and time.monotonic() > ends_at:
                    self.pgconn.finish()
                    raise psycopg.OperationalError("the database does not answer")
                state = gen.send(ready)
        except StopIteration as end:
            return end.value


def database_config(url: str, connections: int, *, reads_only: bool = False) -> dict[str, Any]:
    """Return the Flask configuration for a database, without opening a connection.

    reads_only: each statement commits by itself, which saves the two round trips of BEGIN and ROLLBACK.
    """
    # Pooled connections are tested before use, so that a restart of the database costs no job a second attempt.
    options: dict[str, Any] = {"pool_pre_ping": True, "hide_parameters": True}
    if reads_only:
        options["isolation_level"] = "AUTOCOMMIT"
    if make_url(url).get_backend_name() == "postgresql":
        options |= {"pool_size": connections, "max_overflow": 0, "pool_timeout": CONNECT_TIMEOUT}
        options["creator"] = lambda: _connect(url)
    else:
        options["connect_args"] = {"timeout": STATEMENT_TIMEOUT}
    return {"SQLALCHEMY_DATABASE_URI": url, "SQLALCHEMY_ENGINE_OPTIONS": options}


def _connect(url: str) -> BoundedConnection:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return BoundedConnection.connect(
        plain,
        connect_timeout=CONNECT_TIMEOUT,
        tcp_user_timeout=ANSWER_TIMEOUT * 1000,
        options=f"-c statement_timeout={STATEMENT_TIMEOUT * 1000}",
    )
