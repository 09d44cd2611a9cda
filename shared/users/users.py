"""The users of the application: find by address, load by id, set the password."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Label, Select, bindparam, case, func, null, select, true
from sqlalchemy.exc import DataError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement

from shared.addresses import lower, normalise, spellings
from shared.connections.database_failures import sqlstate
from shared.languages import negotiate
from shared.settings.settings import Settings
from shared.users.lowered import Lowered
from shared.users.names import shown_name
from shared.users.password_change import change_password
from shared.users.table import UsersTable, UsersTableError, stored
from shared.users.user import Offer, User

NOBODY = "probe@latchkey.invalid"  # An address that no user has (RFC 6761, 6.4).
MAX_ROWS = 100  # Read for one address or id: users without a usable password must not hide the others.
# SQLSTATEs: a text has characters that the database's encoding, such as LATIN1, does not have.
NOT_IN_ENCODING = {"22P05", "22021"}


class Users:
    """The users in the table that the settings name. Raises UsersTableError if the table does not fit them."""

    def __init__(self, settings: Settings, database: SQLAlchemy) -> None:
        self.table = UsersTable(settings, database)
        self._without_password = settings.users_without_password
        self._any_capitals = settings.users_email_match == "lower"

    def find(self, address: str) -> list[User]:
        """List the users of this address, whether or not they may get a link, those who meet USERS_FILTER first.

        The database may compare more loosely than Latchkey (citext, collations), so every row is compared again.
        """
        return self._find(address, self._look_up)

    def find_in_any_capitals(self, address: str) -> list[User]:
        """List the users of this address as USERS_EMAIL_MATCH=lower would, which may read the whole table."""
        return self._find(address, self._by_lower_address)

    def offer(self, user: User) -> Offer:
        """Return what a user who asks for a link is offered."""
        return user.offer(self._without_password)

    def with_link(self, user_id: str) -> list[User]:
        """List the rows with this id whose owner may use a link.

        These are several if ids are not unique, or if a view has a row for each address of a user.
        """
        users = self._load(user_id, self.table.condition)
        return [user for user in users if self.offer(user) in {"reset", "first_password"}]

    def with_id(self, user_id: str) -> list[User]:
        """List the rows with this id, whether or not they meet USERS_FILTER."""
        return self._load(user_id, true())

    def probe(self) -> None:
        """Run the look-up by address with a limit of no rows, so that a wrong name, type or condition shows.

        Raises UsersTableError or SQLAlchemyError.
        """
        self._read(self._look_up.limit(0), _wanted([NOBODY]))

    def probe_id(self) -> None:
        """Load one user again by the text of their id.

        Raises UsersTableError or SQLAlchemyError.
        """
        rows = self._read(self._select().where(self.table.id.is_not(None)).limit(1))
        if rows and not self.with_id(rows[0].id):
            kind = stored(self.table.id).name
            raise UsersTableError(
                f"USERS_ID_COLUMN: an id of the type {kind} that is read as text does not find its row again, so every "
                "link is dead. Name a column of another type."
            )

    def look_up_as_sent(self, connection: Connection) -> tuple[str, Any]:
        """Return the text and the parameters of the look-up by address, as the driver gets them."""
        compiled = self._look_up.compile(connection)
        assert isinstance(compiled, SQLCompiler)
        sent = compiled.construct_expanded_state(_wanted(spellings(NOBODY)))
        return sent.statement, sent.positional_parameters if compiled.positional else sent.parameters

    def looked_up(self, connection: Connection) -> str:
        """Return what the look-up compares, as SQL writes it: the column, or an expression that needs an index."""
        column = connection.dialect.identifier_preparer.format_column(self.table.email)
        return f"lower({column})" if self._any_capitals else column

    def set_password(self, user: User, password_hash: str) -> bool:
        """Set the password if the user is still as loaded; tell whether it was set.

        Raises UpdateIgnored or SQLAlchemyError with nothing changed, and CommitUnanswered.
        """
        return change_password(self.table, user, password_hash)

    def _find(self, address: str, query: Select[Any]) -> list[User]:
        wanted = normalise(address)
        return [user for user in self._with_spellings(query, spellings(address)) if user.mailbox == wanted]

    def _with_spellings(self, query: Select[Any], wanted: Sequence[str]) -> list[User]:
        """Look spellings up together, or one by one if the database's encoding lacks a character of one."""
        try:
            return self._read(query, _wanted(wanted))
        except DataError as error:
            if sqlstate(error) not in NOT_IN_ENCODING:
                raise
        alone = [[spelling] for spelling in wanted] if len(wanted) > 1 else []
        return list(dict.fromkeys(user for each in alone for user in self._with_spellings(query, each)))

    def _load(self, user_id: str, condition: ColumnElement[bool]) -> list[User]:
        """Load the rows with an id: none if the column cannot hold the id, or writes it differently."""
        by_address = stored(self.table.email).as_text(self.table.email)
        query = self._select().where(self.table.has_id(user_id), condition).order_by(by_address).limit(MAX_ROWS)
        try:
            users = self._read(query)
        except UnicodeEncodeError:
            return []
        except DataError:
            if self._can_hold(user_id):
                raise  # USERS_FILTER is at fault, which is not the user's.
            return []
        return [user for user in users if user.id == user_id]

    def _can_hold(self, user_id: str) -> bool:
        """Tell whether the column takes an id: whether the query is answered without USERS_FILTER."""
        with self.table.engine.connect() as connection, suppress(DataError):
            connection.execute(select(self.table.id).where(self.table.has_id(user_id)).limit(1))
            return True
        return False

    def _read(self, query: Select[Any], values: Mapping[str, Any] | None = None) -> list[User]:
        """Run a query and end its transaction, so that none is open while a password is hashed or an email sent.

        The session is bypassed: plain rows do not need it, and it was measured to take 0.1 of 0.4 ms.
        """
        with self.table.engine.connect() as connection:
            rows = connection.execute(query, values).all()
        return [_user(*row) for row in rows]

    @property
    def _look_up(self) -> Select[Any]:
        return self._by_lower_address if self._any_capitals else self._by_address

    @cached_property
    def _by_address(self) -> Select[Any]:
        """The query for a list of spellings, built once, because that takes 0.1 ms (measured)."""
        return self._one_of(self.table.email.in_(bindparam("spellings", expanding=True)))

    @cached_property
    def _by_lower_address(self) -> Select[Any]:
        """The query that passes over capitals. The database lower-cases both sides, so that its own rules meet."""
        lowered = bindparam("spellings", expanding=True, type_=Lowered())
        return self._one_of(func.lower(self.table.email).in_(lowered))

    def _one_of(self, addresses: ColumnElement[bool]) -> Select[Any]:
        """Build the query for addresses.

        Rows that fail USERS_FILTER come last, and before them those spelled neither as typed nor in lower case: where
        strangers can register other spellings of an address, these must not hide the one that is meant.
        """
        # Ids are ordered as text: some types have no order, and an index must not tempt the database to read it all.
        by_id = stored(self.table.id).as_text(self.table.id)
        text = stored(self.table.email).as_text(self.table.email)
        by_spelling = case((text == bindparam("typed"), 0), (text == bindparam("lower"), 1), else_=2)
        return self._select().where(addresses).order_by(self._active.desc(), by_spelling, by_id).limit(MAX_ROWS)

    def _select(self) -> Select[Any]:
        table = self.table
        known = [null() if column is None else column for column in (table.name, table.locale)]
        return select(table.id, table.email, table.password, self._active, *known)

    @cached_property
    def _active(self) -> Label[int]:
        return case((self.table.condition, 1), else_=0).label("active")


def _wanted(spellings: Sequence[str]) -> dict[str, Any]:
    """Return the parameters of the look-up for spellings of an address, of which the typed one is the first."""
    return {"spellings": spellings, "typed": spellings[0], "lower": lower(spellings[0])}


def _user(user_id: Any, address: Any, password_hash: Any, active: int, name: Any, locale: Any) -> User:
    """Read a row. The language is a code such as `fr` or `fr-CA`, and empty if it is none of ours."""
    language = negotiate(str(locale or "").strip(), "", "")
    return User(user_id or "", address or "", password_hash or "", bool(active), shown_name(name), language)
