"""The users table with the names in the settings: find by address, load by id, set the password.

The table belongs to the application. Its columns are reflected on first use, so that a program starts without a
database. Ids are handled as text and cast to the type of the id column.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, MetaData, Select, Table, bindparam, inspect, literal_column, select, true, update
from sqlalchemy.exc import DataError, NoSuchTableError
from sqlalchemy.sql.elements import ColumnElement

from shared.addresses import InvalidAddress, normalise, spellings
from shared.settings.settings import Settings

DATABASE_HINT = "Check that the database is running, DATABASE_URL, and USERS_FILTER if there is one."
MAX_PER_ADDRESS = 5
MAX_ROWS = 100  # Read for one address: users without a usable password must not hide the others.


class UsersTableError(Exception):
    """The database lacks the table or a column that the settings name."""


@dataclass(frozen=True)
class User:
    """A row of the users table, as far as Latchkey needs it."""

    id: str
    address: str
    password_hash: str

    @property
    def mailbox(self) -> str:
        """The mailbox that may get a link; empty if the address is invalid or the account has no password.

        For an account without a password, Django stores `!`, and other software `*` or nothing.
        """
        if not self.password_hash or self.password_hash[0] in "!*":
            return ""
        try:
            return normalise(self.address)
        except InvalidAddress:
            return ""


class Users:
    """The users table of a database."""

    def __init__(self, settings: Settings, database: SQLAlchemy) -> None:
        self._settings = settings
        self._database = database

    def find(self, address: str) -> list[User]:
        """List the users who may get a link for this address: active, with a usable password, five at most.

        The database may compare more loosely than Latchkey (citext, collations), so every row is compared again.
        """
        wanted = normalise(address)
        users = self._read(self._by_address, {"spellings": spellings(address)})
        return [user for user in users if user.mailbox == wanted][:MAX_PER_ADDRESS]

    def get(self, user_id: str) -> User | None:
        """Load a user who may get a link or use one; return None for all others."""
        user = self._load(user_id, self._condition)
        return user if user and user.mailbox else None

    def get_any(self, user_id: str) -> User | None:
        """Load a user whether or not they meet USERS_FILTER."""
        return self._load(user_id, true())

    def probe(self) -> None:
        """Run the query for users with a limit of no rows, so that a wrong name or condition shows.

        Raises UsersTableError or SQLAlchemyError.
        """
        self._read(self._select().where(self._condition).limit(0))

    def set_password(self, user: User, password_hash: str) -> bool:
        """Set the password if the user is still as loaded, in one conditional statement; tell whether it was set.

        If it is called several times with the same `user`, exactly one call returns True.
        """
        values: dict[Any, Any] = {self._password: password_hash}
        if self._changed is not None:  # In UTC, with a time zone if the column stores one.
            now = datetime.now(UTC)
            values[self._changed] = now if getattr(self._changed.type, "timezone", False) else now.replace(tzinfo=None)
        statement = update(self._table).where(
            self._id == self._id.type.python_type(user.id),
            self._password == user.password_hash,
            self._email == user.address,
            self._condition,
        )
        with self._database.engine.connect() as connection:
            applied = connection.execute(statement.values(values)).rowcount == 1
            if applied:  # Otherwise closing the connection rolls it back.
                connection.commit()
        return applied

    def _load(self, user_id: str, condition: ColumnElement[bool]) -> User | None:
        """Load the user with an id; return None if the column cannot hold the id, or writes it differently."""
        try:
            users = self._read(self._select().where(self._id == self._id.type.python_type(user_id), condition))
        except (ValueError, ArithmeticError, DataError):
            return None
        return next((user for user in users if user.id == user_id), None)

    def _read(self, query: Select[Any], values: Mapping[str, Any] | None = None) -> list[User]:
        """Run a query and end its transaction, so that none is open while a password is hashed or an email sent.

        The session is bypassed: plain rows do not need it, and it was measured to take 0.1 of 0.4 ms.
        """
        with self._database.engine.connect() as connection:
            rows = connection.execute(query, values).all()
        return [User(str(user_id), address or "", password_hash or "") for user_id, address, password_hash in rows]

    @cached_property
    def _by_address(self) -> Select[Any]:
        """The query for a list of spellings, built once, because that takes 0.1 ms (measured)."""
        address = self._email.in_(bindparam("spellings", expanding=True))
        return self._select().where(address, self._condition).order_by(self._id).limit(MAX_ROWS)

    def _select(self) -> Select[Any]:
        return select(self._id, self._email, self._password)

    @property
    def _condition(self) -> ColumnElement[bool]:
        return literal_column(f"({self._settings.users_filter})") if self._settings.users_filter else true()

    @cached_property
    def _table(self) -> Table:
        """Reflect the named columns.

        Raises UsersTableError, which says what is missing and which names exist.
        """
        schema, _, name = self._settings.users_table.rpartition(".")
        wanted = [self._settings.users_id_column, self._settings.users_email_column]
        wanted += [self._settings.users_password_column, self._settings.users_password_changed_column]
        engine = self._database.engine
        try:
            table = Table(name, MetaData(), schema=schema or None, autoload_with=engine, resolve_fks=False)
        except NoSuchTableError:
            names = inspect(engine).get_table_names(schema=schema or None)
            raise UsersTableError(f"USERS_TABLE: no such table. Existing tables: {', '.join(sorted(names))}.") from None
        missing = [column for column in wanted if column and column not in table.c]
        if missing:
            present = ", ".join(table.c.keys())
            raise UsersTableError(f"USERS_..._COLUMN: no column {', '.join(missing)}. Existing columns: {present}.")
        return table

    @property
    def _id(self) -> Column[Any]:
        return self._table.c[self._settings.users_id_column]

    @property
    def _email(self) -> Column[Any]:
        return self._table.c[self._settings.users_email_column]

    @property
    def _password(self) -> Column[Any]:
        return self._table.c[self._settings.users_password_column]

    @property
    def _changed(self) -> Column[Any] | None:
        name = self._settings.users_password_changed_column
        return self._table.c[name] if name else None
