"""Connections to MySQL and MariaDB, with a bound on every wait."""

from collections.abc import Mapping
from typing import Any

from pymysql.connections import Connection
from pymysql.constants import CLIENT, CR
from pymysql.err import OperationalError

from shared.database.waits import ANSWER_TIMEOUT, CONNECT_TIMEOUT, STATEMENT_TIMEOUT

# Times in UTC; the wait for a row that somebody else has locked; a text that is too long is an error, and is not cut.
# What operators write (shared/settings/database/sql_text.py) is read with the usual quotes and backslashes.
_SESSION = (
    f"SET time_zone = '+00:00', innodb_lock_wait_timeout = {STATEMENT_TIMEOUT}, sql_mode = CONCAT("
    "REPLACE(REPLACE(@@sql_mode, 'NO_BACKSLASH_ESCAPES', ''), 'ANSI_QUOTES', ''), ',STRICT_ALL_TABLES')"
)
_BOUND = {
    True: f"SET max_statement_time = {STATEMENT_TIMEOUT}",  # MariaDB.
    False: f"SET max_execution_time = {STATEMENT_TIMEOUT * 1000}",  # MySQL, for SELECT.
}


class BoundedConnection(Connection):
    """A connection that gives up if the server sends nothing for ANSWER_TIMEOUT.

    A server that is frozen while its machine still acknowledges would otherwise block for ever. What it was asked is
    rolled back when it notices that the connection is gone.
    """

    def connect(self, sock: Any = None) -> None:
        """Connect; the server's greeting must come within CONNECT_TIMEOUT, too."""
        self._read_timeout = CONNECT_TIMEOUT
        super().connect(sock)
        with self.cursor() as cursor:
            cursor.execute(_BOUND["MariaDB" in self.get_server_info()])  # type: ignore[no-untyped-call]
        self._read_timeout = ANSWER_TIMEOUT


class ClearPassword:
    """Refuses to send the password in clear to whoever pretends to be a server without TLS."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def authenticate(self, _packet: Any) -> Any:
        """Send the password only over TLS or a socket of this machine.

        Raises pymysql.OperationalError.
        """
        connection: Any = self._connection
        if not connection._secure:  # noqa: SLF001 - PyMySQL tells it nowhere else
            raise OperationalError(CR.CR_AUTH_PLUGIN_CANNOT_LOAD, "the server asks for the password in clear")
        connection.write_packet(connection.password + b"\0")
        return connection._read_packet()  # noqa: SLF001


def connect_to_mysql(options: Mapping[str, Any]) -> BoundedConnection:
    """Open a connection. Row counts are those of matched rows, as in other databases: changed ones may be fewer."""
    return BoundedConnection(
        **dict(options) | {"password": str(options["password"]).encode()},  # As text it would be sent in latin1.
        auth_plugin_map={"mysql_clear_password": ClearPassword, "dialog": ClearPassword},
        charset="utf8mb4",
        client_flag=CLIENT.FOUND_ROWS,
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=ANSWER_TIMEOUT,
        write_timeout=ANSWER_TIMEOUT,
        init_command=_SESSION,
    )
