"""The users table as the settings name it: its columns and the operator's condition.

The table belongs to the application. Its columns are reflected on first use, so that a program starts without a
database.
"""

from functools import cached_property
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Connection, Engine, MetaData, Table, inspect, literal_column, true
from sqlalchemy.sql.elements import ColumnElement

from shared.settings.database.address import Backend
from shared.settings.settings import Settings
from shared.users.columns.mysql import mysql_columns
from shared.users.columns.postgresql import postgresql_columns
from shared.users.columns.sqlite import sqlite_columns
from shared.users.columns.stored import Stored

_READ_COLUMNS = {"postgresql": postgresql_columns, "mysql": mysql_columns, "sqlite": sqlite_columns}


class UsersTableError(Exception):
    """The database lacks the table or a column that the settings name."""


class UsersTable:
    """The users table of a database. Every value is handled as text; `Stored` converts it."""

    def __init__(self, settings: Settings, database: SQLAlchemy) -> None:
        self._settings = settings
        self._database = database

    @property
    def backend(self) -> Backend:
        """The kind of the database."""
        return self._settings.database_backend

    @property
    def engine(self) -> Engine:
        """The engine of the app whose context is entered."""
        return self._database.engine

    def sql_name(self, connection: Connection) -> str:
        """Return the name of the table as SQL writes it."""
        return connection.dialect.identifier_preparer.format_table(self.reflected)

    @property
    def id(self) -> Column[Any]:
        """The ids."""
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
        """Return the condition that a row has an id; rows whose ids are only written differently may meet it, too."""
        return stored(self.id).equals(self.id, user_id)

    @cached_property
    def reflected(self) -> Table:
        """Reflect the table and check that it has the named columns.

        Raises UsersTableError, which says what is missing and which names exist.
        """
        settings = self._settings
        schema, name = settings.users_schema_and_table
        wanted = [settings.users_id_column, settings.users_email_column, settings.users_password_column]
        wanted += [settings.users_password_changed_column, settings.users_name_column, settings.users_locale_column]
        table = Table(name, MetaData(), schema=schema or None)
        columns = self.columns(table)
        if not columns:
            raise UsersTableError(f"USERS_TABLE: no such table. Existing tables: {', '.join(self._tables(schema))}.")
        if missing := [column for column in wanted if column and column not in columns]:
            names = ", ".join(columns)
            shown = " MySQL shows only those that its user may use." if self.backend == "mysql" else ""
            raise UsersTableError(
                f"USERS_..._COLUMN: no column {', '.join(missing)}. Existing columns: {names}.{shown}"
            )
        for column, kind in columns.items():
            table.append_column(Column(column, kind))
        return table

    def columns(self, table: Table) -> dict[str, Stored]:
        """Read the columns of a table, and their types, as they are now."""
        with self.engine.connect() as connection:
            return _READ_COLUMNS[backend(connection)](connection, table, self._settings.users_id_column)

    def _optional(self, name: str) -> Column[Any] | None:
        return self.reflected.c[name] if name else None

    def _tables(self, schema: str) -> list[str]:
        found = inspect(self.engine)
        return sorted(found.get_table_names(schema=schema or None) + found.get_view_names(schema=schema or None))


def backend(connection: Connection) -> Backend:
    """Return the kind of a database; SQLAlchemy calls MariaDB by its own name."""
    return {"mariadb": "mysql"}.get(connection.dialect.name, connection.dialect.name)  # type: ignore[return-value]


def stored(column: Column[Any]) -> Stored:
    """Return the type of a column of the users table."""
    assert isinstance(column.type, Stored)
    return column.type
