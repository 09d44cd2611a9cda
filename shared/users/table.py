"""The users table as the settings name it: its columns and the operator's condition.

The table belongs to the application. Its columns are reflected on first use, so that a program starts without a
database.
"""

from functools import cached_property
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Engine, MetaData, Table, inspect, literal_column, true
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.sql.elements import ColumnElement

from shared.settings.settings import Settings

DATABASE_HINT = "Check that the database is running, DATABASE_URL, and USERS_FILTER if there is one."


class UsersTableError(Exception):
    """The database lacks the table or a column that the settings name."""


class UsersTable:
    """The users table of a database. Ids are handled as text, and cast to the type of the id column."""

    def __init__(self, settings: Settings, database: SQLAlchemy) -> None:
        self._settings = settings
        self._database = database

    @property
    def engine(self) -> Engine:
        """The engine of the app whose context is entered."""
        return self._database.engine

    @property
    def id(self) -> Column[Any]:
        """The primary key."""
        return self.reflected.c[self._settings.users_id_column]

    @property
    def email(self) -> Column[Any]:
        """The addresses."""
        return self.reflected.c[self._settings.users_email_column]

    @property
    def password(self) -> Column[Any]:
        """The password hashes."""
        return self.reflected.c[self._settings.users_password_column]

    @property
    def changed(self) -> Column[Any] | None:
        """The times of the last change of the password, if the settings name such a column."""
        return self._optional(self._settings.users_password_changed_column)

    @property
    def name(self) -> Column[Any] | None:
        """The names of the accounts, if the settings name such a column."""
        return self._optional(self._settings.users_name_column)

    @property
    def locale(self) -> Column[Any] | None:
        """The languages of the users, if the settings name such a column."""
        return self._optional(self._settings.users_locale_column)

    @property
    def condition(self) -> ColumnElement[bool]:
        """The condition that users must meet, USERS_FILTER."""
        return literal_column(f"({self._settings.users_filter})") if self._settings.users_filter else true()

    def has_id(self, user_id: str) -> ColumnElement[bool]:
        """Return the condition that a row has an id.

        Raises ValueError or ArithmeticError if the column cannot hold the id.
        """
        same: ColumnElement[bool] = self.id == self.id.type.python_type(user_id)
        return same

    @cached_property
    def reflected(self) -> Table:
        """Reflect the table and check that it has the named columns.

        Raises UsersTableError, which says what is missing and which names exist.
        """
        settings = self._settings
        schema, _, name = settings.users_table.rpartition(".")
        wanted = [settings.users_id_column, settings.users_email_column, settings.users_password_column]
        wanted += [settings.users_password_changed_column, settings.users_name_column, settings.users_locale_column]
        engine = self.engine
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

    def _optional(self, name: str) -> Column[Any] | None:
        return self.reflected.c[name] if name else None
