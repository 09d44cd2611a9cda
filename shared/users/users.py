"""The users of the application: find by address, load by id, set the password."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Label, Select, bindparam, case, func, null, select, true
from sqlalchemy.exc import DataError
from sqlalchemy.sql.elements import ColumnElement

from shared.addresses import normalise, spellings
from shared.languages import negotiate
from shared.settings.settings import Settings
from shared.users.lowered import Lowered
from shared.users.names import shown_name
from shared.users.password_change import change_password
from shared.users.table import UsersTable
from shared.users.user import Offer, User

MAX_ROWS = 100  # Read for one address or id: users without a usable password must not hide the others.


class Users:
    """The users in the table that the settings name. Raises UsersTableError if the table does not fit them."""

    def __init__(self, settings: Settings, database: SQLAlchemy) -> None:
        self._table = UsersTable(settings, database)
        self._without_password = settings.users_without_password
        self._any_capitals = settings.users_email_match == "lower"

    def find(self, address: str) -> list[User]:
        """List the users of this address, whether or not they may get a link, those who meet USERS_FILTER first.

        The database may compare more loosely than Latchkey (citext, collations), so every row is compared again.
        """
        return self._find(address, self._by_lower_address if self._any_capitals else self._by_address)

    def find_in_any_capitals(self, address: str) -> list[User]:
        """List the users of this address as USERS_EMAIL_MATCH=lower would, which may read the whole table."""
        return self._find(address, self._by_lower_address)

    def offer(self, user: User) -> Offer:
        """Return what a user who asks for a link is offered."""
        return user.offer(self._without_password)

    def with_link(self, user_id: str) -> list[User]:
        """List the rows with this id whose owner may use a link: one, or one for each address of a user in a view."""
        users = self._load(user_id, self._table.condition)
        return [user for user in users if self.offer(user) in {"reset", "first_password"}]

    def with_id(self, user_id: str) -> list[User]:
        """List the rows with this id, whether or not they meet USERS_FILTER."""
        return self._load(user_id, true())

    def probe(self) -> None:
        """Run the query for users with a limit of no rows, so that a wrong name or condition shows.

        Raises UsersTableError or SQLAlchemyError.
        """
        self._read(self._select().where(self._table.condition).limit(0))

    def set_password(self, user: User, password_hash: str) -> bool:
        """Set the password if the user is still as loaded; tell whether it was set."""
        return change_password(self._table, user, password_hash)

    def _find(self, address: str, query: Select[Any]) -> list[User]:
        wanted = normalise(address)
        users = self._read(query, {"spellings": spellings(address)})
        return [user for user in users if user.mailbox == wanted]

    def _load(self, user_id: str, condition: ColumnElement[bool]) -> list[User]:
        """Load the rows with an id: none if the column cannot hold the id, or writes it differently."""
        try:
            query = self._select().where(self._table.has_id(user_id), condition)
            users = self._read(query.order_by(self._table.email).limit(MAX_ROWS))
        except (ValueError, ArithmeticError, DataError):
            return []
        return [user for user in users if user.id == user_id]

    def _read(self, query: Select[Any], values: Mapping[str, Any] | None = None) -> list[User]:
        """Run a query and end its transaction, so that none is open while a password is hashed or an email sent.

        The session is bypassed: plain rows do not need it, and it was measured to take 0.1 of 0.4 ms.
        """
        with self._table.engine.connect() as connection:
            rows = connection.execute(query, values).all()
        return [_user(*row) for row in rows]

    @cached_property
    def _by_address(self) -> Select[Any]:
        """The query for a list of spellings, built once, because that takes 0.1 ms (measured)."""
        return self._one_of(self._table.email.in_(bindparam("spellings", expanding=True)))

    @cached_property
    def _by_lower_address(self) -> Select[Any]:
        """The query that passes over capitals. The database lower-cases both sides, so that its own rules meet."""
        lowered = bindparam("spellings", expanding=True, type_=Lowered())
        return self._one_of(func.lower(self._table.email).in_(lowered))

    def _one_of(self, addresses: ColumnElement[bool]) -> Select[Any]:
        """Build the query for addresses. Rows that fail USERS_FILTER come last: they must not hide the others."""
        return self._select().where(addresses).order_by(self._active.desc(), self._table.id).limit(MAX_ROWS)

    def _select(self) -> Select[Any]:
        table = self._table
        known = [null() if column is None else column for column in (table.name, table.locale)]
        return select(table.id, table.email, table.password, self._active, *known)

    @cached_property
    def _active(self) -> Label[int]:
        return case((self._table.condition, 1), else_=0).label("active")


def _user(user_id: Any, address: Any, password_hash: Any, active: int, name: Any, locale: Any) -> User:
    """Read a row. The language is a code such as `fr` or `fr-CA`, and empty if it is none of ours."""
    language = negotiate(str(locale or "").strip(), "", "")
    return User(str(user_id), address or "", password_hash or "", bool(active), shown_name(name), language)
