"""The users of the application: find by address, load by id, set the password."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Select, bindparam, select, true
from sqlalchemy.exc import DataError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement

from shared.addresses import normalise, spellings
from shared.connections.database_failures import sqlstate
from shared.settings.settings import Settings
from shared.users.password_change import change_password
from shared.users.table import UsersTable, UsersTableError, stored
from shared.users.user import User

NOBODY = "probe@latchkey.invalid"  # An address that no user has (RFC 6761, 6.4).
# SQLSTATEs: a text has characters that the database's encoding, such as LATIN1, does not have.
NOT_IN_ENCODING = {"22P05", "22021"}
MAX_PER_ADDRESS = 5
MAX_ROWS = 100  # Read for one address: users without a usable password must not hide the others.


class Users:
    """The users in the table that the settings name. Raises UsersTableError if the table does not fit them."""

    def __init__(self, settings: Settings, database: SQLAlchemy) -> None:
        self.table = UsersTable(settings, database)

    def find(self, address: str) -> list[User]:
        """List the users who may get a link for this address: active, with a usable password, five at most.

        The database may compare more loosely than Latchkey (citext, collations), so every row is compared again.
        """
        wanted = normalise(address)
        users = self._find(spellings(address))
        return [user for user in users if user.mailbox == wanted][:MAX_PER_ADDRESS]

    def with_id(self, user_id: str) -> list[User]:
        """Load the users with an id who may get a link or use one: several if the ids are not unique."""
        return [user for user in self._load(user_id, self.table.condition) if user.mailbox]

    def any_with_id(self, user_id: str) -> list[User]:
        """Load the users with an id whether or not they meet USERS_FILTER."""
        return self._load(user_id, true())

    def probe(self) -> None:
        """Run the look-up by address with a limit of no rows, so that a wrong name, type or condition shows.

        Raises UsersTableError or SQLAlchemyError.
        """
        self._read(self._by_address.limit(0), {"spellings": [NOBODY]})

    def probe_id(self) -> None:
        """Load one user again by the text of their id.

        Raises UsersTableError or SQLAlchemyError.
        """
        rows = self._read(self._select().where(self.table.id.is_not(None)).limit(1))
        if rows and not self.any_with_id(rows[0].id):
            kind = stored(self.table.id).name
            raise UsersTableError(
                f"USERS_ID_COLUMN: an id of the type {kind} that is read as text does not find its row again, so every "
                "link is dead. Name a column of another type."
            )

    def look_up_as_sent(self, connection: Connection) -> tuple[str, Any]:
        """Return the text and the parameters of the look-up by address, as the driver gets them."""
        compiled = self._by_address.compile(connection)
        assert isinstance(compiled, SQLCompiler)
        sent = compiled.construct_expanded_state({"spellings": spellings(NOBODY)})
        return sent.statement, sent.positional_parameters if compiled.positional else sent.parameters

    def set_password(self, user: User, password_hash: str) -> bool:
        """Set the password if the user is still as loaded; tell whether it was set.

        Raises UpdateIgnored or SQLAlchemyError with nothing changed, and CommitUnanswered.
        """
        return change_password(self.table, user, password_hash)

    def _load(self, user_id: str, condition: ColumnElement[bool]) -> list[User]:
        """Load the users with an id; there are none if the column cannot hold the id, or writes it differently."""
        try:
            users = self._read(self._select().where(self.table.has_id(user_id), condition))
        except UnicodeEncodeError:
            return []
        except DataError:
            if self._can_hold(user_id):
                raise  # USERS_FILTER is at fault, which is not the user's.
            return []
        return [user for user in users if user.id == user_id]

    def _can_hold(self, user_id: str) -> bool:
        try:
            self._read(self._select().where(self.table.has_id(user_id)))
        except DataError:
            return False
        return True

    def _read(self, query: Select[Any], values: Mapping[str, Any] | None = None) -> list[User]:
        """Run a query and end its transaction, so that none is open while a password is hashed or a mail sent.

        The session is bypassed: plain rows do not need it, and it was measured to take 0.1 of 0.4 ms.
        """
        with self.table.engine.connect() as connection:
            rows = connection.execute(query, values).all()
        return [User(user_id or "", address or "", password_hash or "") for user_id, address, password_hash in rows]

    def _find(self, wanted: Sequence[str]) -> list[User]:
        """Look spellings up together, or one by one if the database's encoding lacks a character of one."""
        try:
            return self._read(self._by_address, {"spellings": wanted})
        except DataError as error:
            if sqlstate(error) not in NOT_IN_ENCODING:
                raise
        found = (user for spelling in wanted for user in self._find([spelling])) if len(wanted) > 1 else ()
        return list(dict.fromkeys(found))

    @cached_property
    def _by_address(self) -> Select[Any]:
        """The query for a list of spellings, built once, because that takes 0.1 ms (measured)."""
        table = self.table
        address = table.email.in_(bindparam("spellings", expanding=True))
        # Ordered by text: some types have no order, and an index on the id must not tempt the database to read it all.
        first = stored(table.id).as_text(table.id)
        return self._select().where(address, table.condition).order_by(first).limit(MAX_ROWS)

    def _select(self) -> Select[Any]:
        return select(self.table.id, self.table.email, self.table.password)
