r"""Columns of SQLite, where each value has a type of its own, whatever its column declares: text, number or blob.

A blob is written `\x6f1f`, as PostgreSQL does, if it is an id; a blob in another column is a text.
"""

import re
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    LargeBinary,
    TableClause,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    text,
)
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import NullType

from shared.users.columns.stored import Stored

_COLUMNS = text("SELECT name, type FROM pragma_table_xinfo(:name, :schema)")
_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_FLOAT = re.compile(r"-?[0-9]+\.[0-9]+(e[+-][0-9]+)?", re.ASCII)
_BLOB = re.compile(r"\\x((?:[0-9a-f]{2})*)", re.ASCII)
_INTEGERS = range(-(2**63), 2**63)


class SqliteText(Stored):
    """A column of texts, some of which may be stored as blobs."""

    cache_ok = True

    def as_text(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Read blobs as texts."""
        return cast(column, Text)

    def equals(self, column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
        """Compare with a text."""
        return column == bindparam(None, text, Text())

    def written(self, column: ColumnElement[Any], text: str) -> Any:
        """Keep the type of the stored value."""
        value = bindparam(None, text, Text())
        return case((func.typeof(column) == "blob", cast(value, LargeBinary)), else_=value)

    def timestamp(self, now: datetime) -> str:
        """Return the time without its zone, as SQLite's own functions read it; now: in UTC."""
        return "" if "INT" in self.name.upper() else now.replace(tzinfo=None).isoformat(" ", "microseconds")


class SqliteId(SqliteText):
    """The column of ids."""

    cache_ok = True

    def as_text(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Write a blob in hexadecimal digits, and a float with enough digits to tell it from every other one."""
        blob = literal_column(r"'\x'", Text) + func.lower(func.hex(column))
        float_ = func.printf("%!.17g", column)
        kind = func.typeof(column)
        return case((kind == "blob", blob), (kind == "real", float_), else_=cast(column, Text))

    def equals(self, column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
        """Compare with all values that are written like this: a column without affinity does not convert them."""
        values: list[str | int | float | bytes] = [text]
        if _INTEGER.fullmatch(text) and int(text) in _INTEGERS:
            values.append(int(text))
        if _FLOAT.fullmatch(text):
            values.append(float(text))
        if blob := _BLOB.fullmatch(text):
            values.append(bytes.fromhex(blob[1]))
        same = (column == bindparam(None, value, NullType()) for value in values)
        return or_(*same)

    def bound(self, text: str) -> Any:
        """Return the bytes of a blob."""
        blob = _BLOB.fullmatch(text)
        return bytes.fromhex(blob[1]) if blob else text


def sqlite_columns(connection: Connection, table: TableClause, id_column: str) -> dict[str, Stored]:
    """Return the columns of a table or view; none if there is no such table."""
    rows = connection.execute(_COLUMNS, {"name": table.name, "schema": table.schema or "main"})
    return {name: (SqliteId if name == id_column else SqliteText)(kind) for name, kind in rows}
