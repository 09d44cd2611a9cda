r"""Columns of MySQL and MariaDB, whose collations compare without regard to case, accents and blanks at the end.

So whatever must be the same is compared byte by byte. Bytes are written `\x6f1f` if they are an id, as elsewhere; those
of another column are a text.
"""

import re
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, LargeBinary, TableClause, bindparam, cast, false, func, literal_column
from sqlalchemy import text as sql
from sqlalchemy.dialects.mysql import BINARY, CHAR
from sqlalchemy.sql.elements import ColumnElement

from shared.users.columns.stored import Stored

_COLUMNS = sql("""
    SELECT column_name, data_type, character_maximum_length, character_set_name, collation_name
    FROM information_schema.columns
    WHERE table_schema = coalesce(:schema, database()) AND table_name = :name ORDER BY ordinal_position
""")
_BYTES = {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"}
_TIMES = {"timestamp", "datetime", "date"}
_HEX = re.compile(r"\\x((?:[0-9a-f]{2})*)", re.ASCII)
_WIDEST = "utf8mb4"  # The encoding of the connection.


class MysqlText(Stored):
    """A type that the database reads from a text, and writes as one. charset, collation: empty if it has none."""

    cache_ok = True

    def __init__(self, name: str, length: int | None = None, charset: str = "", collation: str = "") -> None:
        super().__init__(name, length)
        self.charset, self.collation = charset, collation

    def bind_expression(self, bindvalue: BindParameter[Any]) -> ColumnElement[Any]:
        """Convert the value and not the column, so that an index serves. What the column cannot hold becomes `?`."""
        if self.charset in {"", _WIDEST}:
            return bindvalue
        converted = func.convert(bindvalue.op("USING")(literal_column(self.charset)))
        return converted.op("COLLATE")(literal_column(self.collation))

    def as_text(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Cast the column."""
        return cast(column, CHAR)

    def is_exactly(self, column: ColumnElement[Any], text: str | BindParameter[Any]) -> ColumnElement[bool]:
        """Compare the bytes."""
        value = bindparam(None, text, CHAR()) if isinstance(text, str) else text
        return cast(func.convert(column.op("USING")(literal_column(_WIDEST))), BINARY) == cast(value, BINARY)

    def equals(self, column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
        """Compare as the type does, so that an index serves."""
        return column == bindparam(None, text, self)

    def written(self, _column: ColumnElement[Any], text: str) -> Any:
        """Return the text."""
        return bindparam(None, text, CHAR())

    def timestamp(self, now: datetime) -> str:
        """Return the time without its zone: the session's is UTC."""
        return now.replace(tzinfo=None).isoformat(" ") if self.name in _TIMES else ""


class MysqlBytes(MysqlText):
    """Bytes that are a text, such as a password hash."""

    cache_ok = True

    def as_text(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Read the bytes as a text."""
        return func.convert(column.op("USING")(literal_column(_WIDEST)), type_=CHAR())

    def written(self, _column: ColumnElement[Any], text: str) -> Any:
        """Return the bytes of the text."""
        return bindparam(None, text.encode(), LargeBinary())


class MysqlBytesId(MysqlText):
    """Bytes that are an id, such as a UUID in `binary(16)`."""

    cache_ok = True

    def as_text(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Write hexadecimal digits."""
        return func.concat(r"\x", func.lower(func.hex(column)), type_=CHAR())

    def equals(self, column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
        """Compare with the bytes."""
        match = _HEX.fullmatch(text)
        return column == bindparam(None, bytes.fromhex(match[1]), LargeBinary()) if match else false()

    def bound(self, text: str) -> Any:
        """Return the bytes."""
        match = _HEX.fullmatch(text)
        return bytes.fromhex(match[1]) if match else text


def mysql_columns(connection: Connection, table: TableClause, id_column: str) -> dict[str, Stored]:
    """Return the columns of a table or view; none if there is no such table."""
    rows = connection.execute(_COLUMNS, {"schema": table.schema, "name": table.name})
    return {
        name: _kind(kind, is_id=name == id_column)(kind, length, charset or "", collation or "")
        for name, kind, length, charset, collation in rows
    }


def _kind(data_type: str, *, is_id: bool) -> type[MysqlText]:
    if data_type.lower() not in _BYTES:
        return MysqlText
    return MysqlBytesId if is_id else MysqlBytes
