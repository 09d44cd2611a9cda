"""What the operator wants done with each reset: more columns in its UPDATE, and statements in its transaction.

So sessions end and lockouts are lifted by what the application itself looks at.
"""

import re
import secrets
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Connection, TextClause, bindparam, text
from sqlalchemy.types import NullType

from shared.settings.database.sql_text import assignments, statements
from shared.settings.users_table import UsersTableSettings
from shared.users.table import UsersTable, UsersTableError, stored
from shared.users.user import User

# EXPLAIN prepares these without running them.
_EXPLAINED = re.compile(r"(select|insert|update|delete|replace|merge|with)\b", re.IGNORECASE)
_NOW = re.compile(r"(?<!\\):now\b")
NOBODY = User("", "", "")


class OnReset:
    """USERS_ON_RESET and AFTER_RESET_SQL."""

    def __init__(self, settings: UsersTableSettings, table: UsersTable) -> None:
        backend = settings.database_backend
        self._table = table
        self._assignments = assignments(settings.users_on_reset, backend) if settings.users_on_reset else {}
        self._statements = statements(settings.after_reset_sql, backend)

    @cached_property
    def columns(self) -> dict[str, Column[Any]]:
        """The columns that USERS_ON_RESET names.

        Raises UsersTableError if there is none of that name.
        """
        known = self._table.reflected.c
        if missing := [name for name in self._assignments if name not in known]:
            names = ", ".join(known.keys())
            raise UsersTableError(f"USERS_ON_RESET: no column {', '.join(missing)}. Existing columns: {names}.")
        taken = {self._table.id.name, self._table.email.name, self._table.password.name}
        if twice := sorted(taken & self._assignments.keys()):
            raise UsersTableError(f"USERS_ON_RESET: {', '.join(twice)} is not to be changed. Leave it out.")
        return {name: known[name] for name in self._assignments}

    def begin(self, connection: Connection) -> None:
        """Let `:now` be in UTC, also where the database converts it to its own time zone."""
        written = (*self._assignments.values(), *self._statements)
        if self._table.backend == "postgresql" and any(map(_NOW.search, written)):
            connection.execute(text("SET LOCAL TIME ZONE 'UTC'"))

    def values(self, user: User) -> dict[Column[Any], TextClause]:
        """Return the new value of each further column."""
        return {column: self._bound(self._assignments[name], user) for name, column in self.columns.items()}

    def run(self, connection: Connection, user: User) -> None:
        """Run the statements in the transaction of the reset.

        Raises SQLAlchemyError.
        """
        for statement in self._statements:
            connection.execute(self._bound(statement, user))

    def rehearse(self, connection: Connection) -> None:
        """Let the database prepare the statements, so that a wrong name shows.

        Raises SQLAlchemyError.
        """
        for statement in filter(_EXPLAINED.match, self._statements):
            connection.execute(self._bound(f"EXPLAIN {statement}", NOBODY))

    def _bound(self, sql: str, user: User) -> TextClause:
        """Put in the values, whose types the database decides. random: 32 hexadecimal digits; now: in UTC."""
        values = {
            "id": stored(self._table.id).bound(user.id) if user.id else None,
            "email": user.address,
            "now": datetime.now(UTC).replace(tzinfo=None),
            "random": secrets.token_hex(16),
        }
        named = [name for name in values if re.search(rf"(?<!\\):{name}\b", sql)]
        return text(sql).bindparams(*(bindparam(name, values[name], NullType(), unique=True) for name in named))
