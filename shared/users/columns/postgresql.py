"""Columns of PostgreSQL, where every type has a text form: a domain counts as its base type."""

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, TableClause, Text, bindparam, cast, func, text
from sqlalchemy.sql.elements import ColumnElement

from shared.users.columns.stored import Stored

# format_type(..., -1) tells the name that means any length: a cast to `character` would cut to one character.
_COLUMNS = text("""
    WITH RECURSIVE base AS (
        SELECT attnum, attname, atttypid AS type, atttypmod AS modifier
        FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attnum > 0 AND NOT attisdropped
        UNION ALL
        SELECT attnum, attname, typbasetype, typtypmod FROM base JOIN pg_type ON oid = type WHERE typtype = 'd'
    )
    SELECT attname, format_type(type, -1), modifier FROM base JOIN pg_type ON oid = type
    WHERE typtype <> 'd' ORDER BY attnum
""")
_CHARACTERS = {"character varying", "bpchar"}
_HEADER = 4  # PostgreSQL adds this to the length of a type of characters.
_TIMES = {"timestamp without time zone", "timestamp with time zone", "date"}


class PostgresqlType(Stored):
    """Any type: text is cast to it and back, which every type of PostgreSQL can do."""

    cache_ok = True

    def bind_expression(self, bindvalue: BindParameter[Any]) -> ColumnElement[Any]:
        """Cast the value and not the column, so that an index on the column serves."""
        return cast(bindvalue, self)

    def as_text(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Cast the column."""
        return cast(column, Text)

    def equals(self, column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
        """Compare as the type does, so that an index serves."""
        return column == bindparam(None, text, self)

    def written(self, _column: ColumnElement[Any], text: str) -> Any:
        """Return the text, which `bind_expression` casts; PostgreSQL refuses what the column is too short for."""
        return bindparam(None, text, self)

    def timestamp(self, now: datetime) -> str:
        """Return the time with its zone, which types without one ignore; now: in UTC."""
        return now.isoformat(" ") if self.name in _TIMES else ""


class PostgresqlBytes(PostgresqlType):
    """bytea that holds a text of ASCII characters, such as a password hash; other bytes are escaped."""

    cache_ok = True

    def bind_expression(self, bindvalue: BindParameter[Any]) -> ColumnElement[Any]:
        """Read the text as bytes."""
        return func.decode(cast(bindvalue, Text), "escape")

    def as_text(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Read the bytes as a text."""
        return func.encode(column, "escape", type_=Text())


def postgresql_columns(connection: Connection, table: TableClause, id_column: str) -> dict[str, Stored]:
    """Return the columns of a table or view; none if there is no such table."""
    written = connection.dialect.identifier_preparer.format_table(table)
    return {
        name: PostgresqlBytes(kind)
        if kind == "bytea" and name != id_column
        else PostgresqlType(kind, modifier - _HEADER if kind in _CHARACTERS and modifier > 0 else None)
        for name, kind, modifier in connection.execute(_COLUMNS, {"table": written})
    }
