"""A column's own type, which the database knows by name: Latchkey handles every value as text.

SQLAlchemy's own types would not do: it has none for domains and for the types of extensions, and it converts values to
Python's types, which compare differently from the database's.
"""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any

from sqlalchemy.sql.elements import BindParameter, ColumnElement
from sqlalchemy.types import UserDefinedType


class Stored(UserDefinedType[str], ABC):
    """The type of a column. length: characters that it holds at most, or None if it has no such limit.

    Every subclass needs a `cache_ok` of its own: SQLAlchemy looks for it in the class itself.
    """

    def __init__(self, name: str, length: int | None = None) -> None:
        self.name = name
        self.length = length

    def get_col_spec(self, **_: Any) -> str:
        """Return the name, as CAST takes it."""
        return self.name

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Read the column as text wherever it is selected."""
        return self.as_text(column)

    @abstractmethod
    def as_text(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the text of the column's values."""

    def is_exactly(self, column: ColumnElement[Any], text: str | BindParameter[Any]) -> ColumnElement[bool]:
        """Return the condition that the column holds this text, character by character."""
        return self.as_text(column) == text

    @abstractmethod
    def equals(self, column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
        """Return a condition that an index on the column can serve; it may hold for other texts as well."""

    @abstractmethod
    def written(self, column: ColumnElement[Any], text: str) -> Any:
        """Return what to write into the column, so that it holds the text."""

    def bound(self, text: str) -> Any:
        """Return the value of an id for a statement of the operator's: what the driver compares with the column."""
        return text

    @abstractmethod
    def timestamp(self, now: datetime) -> str:
        """Return the text of a time, or an empty string if the type holds no time of a known form."""
