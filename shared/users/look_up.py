"""The queries that read users: by address, and by id."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Connection, Label, Select, Text, bindparam, case, func, null, select
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement

from shared.addresses import lower, spellings
from shared.users.lowered import Lowered
from shared.users.table import UsersTable, stored

NOBODY = "probe@latchkey.invalid"  # An address that no user has (RFC 6761, 6.4).
MAX_ROWS = 100  # Read for one address or id: users without a usable password must not hide the others.
SAMPLE, SEARCHED = 500, 10_000  # Rows.
MAX_ROWS_TOGETHER = 1000  # Read for several addresses in one query.


def several(wanted: Sequence[str]) -> dict[str, Any]:
    """Return the parameters of the look-up of several addresses.

    Their number is filled up to a power of two, so that few different statements have to be prepared.
    """
    size = 1 << (len(wanted) - 1).bit_length()
    return {"spellings": [*wanted, *[wanted[0]] * (size - len(wanted))]}


def parameters(wanted: Sequence[str]) -> dict[str, Any]:
    """Return the parameters of the look-up for spellings of an address, of which the typed one is the first."""
    return {"spellings": wanted, "typed": wanted[0], "lower": lower(wanted[0])}


class LookUp:
    """The queries. `parameters` are what the look-up by address takes."""

    def __init__(self, table: UsersTable, *, any_capitals: bool) -> None:
        self._table = table
        self._any_capitals = any_capitals

    @property
    def by_address(self) -> Select[Any]:
        """The look-up by address, as USERS_EMAIL_MATCH says."""
        return self.by_lower_address if self._any_capitals else self._by_exact_address

    @cached_property
    def by_lower_address(self) -> Select[Any]:
        """The look-up that passes over capitals. The database lower-cases both sides, so that its own rules meet."""
        lowered = bindparam("spellings", expanding=True, type_=Lowered())
        return self._one_of(func.lower(self._table.email).in_(lowered))

    @cached_property
    def _by_exact_address(self) -> Select[Any]:
        """The look-up of the spellings as they are. It is built once, because that takes 0.1 ms (measured)."""
        return self._one_of(self._table.email.in_(bindparam("spellings", expanding=True)))

    @cached_property
    def of_several(self) -> Select[Any]:
        """The look-up of several addresses, in no order."""
        wanted = bindparam("spellings", expanding=True, type_=Lowered() if self._any_capitals else None)
        column = func.lower(self._table.email) if self._any_capitals else self._table.email
        return self._select().where(column.in_(wanted)).limit(MAX_ROWS_TOGETHER + 1)

    def by_id(self, user_id: str, condition: ColumnElement[bool]) -> Select[Any]:
        """Return the query for the rows with an id that meet a condition."""
        by_address = stored(self._table.email).as_text(self._table.email)
        return self._select().where(self._table.has_id(user_id), condition).order_by(by_address).limit(MAX_ROWS)

    def anybody(self) -> Select[Any]:
        """Return the query for one user, whoever it is."""
        return self._select().where(self._table.id.is_not(None)).limit(1)

    def sample(self, column: Column[Any]) -> Select[Any]:
        """Return the query for the values of a column in whichever rows are read first."""
        first = self._table.reflected.select().with_only_columns(column.label("value")).limit(SEARCHED).subquery()
        return select(first.c.value).where(first.c.value.is_not(None)).limit(SAMPLE)

    def as_sent(self, connection: Connection) -> tuple[str, Any]:
        """Return the text and the parameters of the look-up by address, as the driver gets them."""
        compiled = self.by_address.compile(connection)
        assert isinstance(compiled, SQLCompiler)
        sent = compiled.construct_expanded_state(parameters(spellings(NOBODY)))
        return sent.statement, sent.positional_parameters if compiled.positional else sent.parameters

    def compared(self, connection: Connection) -> str:
        """Return what the look-up compares, as SQL writes it: the column, or an expression that needs an index."""
        column = connection.dialect.identifier_preparer.format_column(self._table.email)
        return f"lower({column})" if self._any_capitals else column

    def _one_of(self, addresses: ColumnElement[bool]) -> Select[Any]:
        """Build the query for addresses.

        Rows that fail USERS_FILTER come last, and before them those spelled neither as typed nor in lower case: where
        strangers can register other spellings of an address, these must not hide the one that is meant.
        """
        # Ids are ordered as text: some types have no order, and an index must not tempt the database to read it all.
        by_id = stored(self._table.id).as_text(self._table.id)
        email, kind = self._table.email, stored(self._table.email)
        is_typed, is_lower = (kind.is_exactly(email, bindparam(name, type_=Text())) for name in ("typed", "lower"))
        by_spelling = case((is_typed, 0), (is_lower, 1), else_=2)
        return self._select().where(addresses).order_by(self._active.desc(), by_spelling, by_id).limit(MAX_ROWS)

    def _select(self) -> Select[Any]:
        table = self._table
        known = [null() if column is None else column for column in (table.name, table.locale)]
        return select(table.id, table.email, table.password, self._active, *known)

    @cached_property
    def _active(self) -> Label[int]:
        return case((self._table.condition, 1), else_=0).label("active")
