"""Connections to PostgreSQL, with a bound on every wait."""

import time
from collections.abc import Generator
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.waiting import Ready

from shared.database.waits import ANSWER_TIMEOUT, CANCEL_TIMEOUT, CONNECT_TIMEOUT, STATEMENT_TIMEOUT


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


def connect_to_postgresql(target: str) -> BoundedConnection:
    """Open a connection. target: an address as libpq takes it."""
    return BoundedConnection.connect(
        target,
        # A pooler in transaction mode gives every transaction another connection, which lacks what was prepared.
        prepare_threshold=None,
        client_encoding="utf-8",
        connect_timeout=CONNECT_TIMEOUT,
        tcp_user_timeout=ANSWER_TIMEOUT * 1000,
    )
