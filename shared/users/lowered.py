"""A text that the database lower-cases where it is compared, by the same rules as the column it is compared with."""

from typing import Any

from sqlalchemy import String, func
from sqlalchemy.sql.elements import BindParameter, ColumnElement
from sqlalchemy.types import TypeDecorator


class Lowered(TypeDecorator[str]):
    """`lower(:value)` in place of `:value`, also for each value of a list."""

    impl = String
    cache_ok = True

    def bind_expression(self, bindvalue: BindParameter[str]) -> ColumnElement[Any]:
        """Wrap a value."""
        return func.lower(bindvalue)
