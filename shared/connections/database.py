"""The Flask-SQLAlchemy object, and the connections of both programs, with a bound on every wait."""

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from psycopg.waiting import Ready

from shared.log import get_logger
from shared.settings.database_url import DatabaseAddress

db = SQLAlchemy()

# Seconds. A statement that takes too long is cancelled; if the database does not answer to that, we give up.
CONNECT_TIMEOUT = 2
STATEMENT_TIMEOUT = 5
CANCEL_TIMEOUT = 0.5
ANSWER_TIMEOUT = STATEMENT_TIMEOUT + 1

log = get_logger(__name__)


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that cancels a statement after STATEMENT_TIMEOUT, and gives up at ANSWER_TIMEOUT.

    PostgreSQL's `statement_timeout` is not used: poolers in transaction mode refuse it at the start of a connection, or
    leave it behind for the next client. libpq has no such bound, and TCP does not time out as long as the other side's
    kernel, or a proxy, acknowledges.
    """

    def wait(self, gen: Any, *arguments: Any, **options: Any) -> Any:
        """Run a generator of psycopg, which is one exchange with the server.

        Raises psycopg.errors.QueryCanceled if the statement was cancelled, or psycopg.OperationalError after
        ANSWER_TIMEOUT, and then closes the connection.
        """
        return super().wait(self._bounded(gen), *arguments, **options)

    def _bounded(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        begun, cancelled = time.monotonic(), False
        try:
            state = next(gen)
            while True:
                ready = yield state
                # psycopg sends NONE ten times a second while nothing arrives.
                if ready == Ready.NONE:
                    waited = time.monotonic() - begun
                    if waited > ANSWER_TIMEOUT:
                        self.pgconn.finish()
                        raise psycopg.OperationalError("the database does not answer")
                    if waited > STATEMENT_TIMEOUT and not cancelled:
                        cancelled = True
                        self._cancel()
                state = gen.send(ready)
        except StopIteration as end:
            return end.value

    def _cancel(self) -> None:
        """Ask the server to cancel the statement. With libpq before 17, a frozen server could block this for ever."""
        if psycopg.capabilities.has_cancel_safe():
            with suppress(psycopg.Error):
                self.cancel_safe(timeout=CANCEL_TIMEOUT)


def database_config(url: str, connections: int, *, reads_only: bool = False) -> dict[str, Any]:
    """Return the Flask configuration for a database, without opening a connection.

    reads_only: each statement commits by itself, which saves the two round trips of BEGIN and ROLLBACK.
    """
    address = DatabaseAddress.parse(url)
    if address.ignored:
        log.info("database_parameters_ignored", names=address.ignored)
    # Pooled connections are tested before use, so that a restart of the database costs no job a second attempt.
    options: dict[str, Any] = {"pool_pre_ping": True, "hide_parameters": True}
    if reads_only:
        options["isolation_level"] = "AUTOCOMMIT"
    if address.backend == "sqlite":
        options["connect_args"] = {"timeout": STATEMENT_TIMEOUT}
        return {"SQLALCHEMY_DATABASE_URI": address.target, "SQLALCHEMY_ENGINE_OPTIONS": options}
    options |= {"pool_size": connections, "max_overflow": 0, "pool_timeout": CONNECT_TIMEOUT}
    options["creator"] = lambda: _connect(address.target)
    # Without an address: SQLAlchemy cannot parse all that libpq takes, such as several hosts.
    return {"SQLALCHEMY_DATABASE_URI": "postgresql+psycopg://", "SQLALCHEMY_ENGINE_OPTIONS": options}


def reading_app(url: str) -> Flask:
    """Build an app that only reads the database, over one connection."""
    app = Flask("reads")
    app.config.update(database_config(url, connections=1, reads_only=True))
    db.init_app(app)
    return app


@contextmanager
def connected(app: Flask) -> Iterator[None]:
    """Enter the app's context, and close the connections that were opened in it."""
    with app.app_context():
        try:
            yield
        finally:
            db.engine.dispose()


def _connect(target: str) -> BoundedConnection:
    return BoundedConnection.connect(
        target,
        # A pooler in transaction mode gives every transaction another connection, which lacks what was prepared.
        prepare_threshold=None,
        client_encoding="utf-8",
        connect_timeout=CONNECT_TIMEOUT,
        tcp_user_timeout=ANSWER_TIMEOUT * 1000,
    )
