"""The users of the application: find by address, load by id, set the password."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Select, select, true
from sqlalchemy.exc import DataError
from sqlalchemy.sql.elements import ColumnElement

from shared.addresses import normalise, spellings
from shared.database.failures import sqlstate
from shared.languages import negotiate
from shared.settings.settings import Settings
from shared.users.account_name import shown_name
from shared.users.find_each import Found, find_each
from shared.users.look_up import NOBODY, LookUp, parameters, several
from shared.users.on_reset import OnReset
from shared.users.password_change import change_password, rehearse_change
from shared.users.table import UsersTable, UsersTableError, stored
from shared.users.user import Offer, User

# SQLSTATEs: a text has characters that the database's encoding, such as LATIN1, does not have.
NOT_IN_ENCODING = {"22P05", "22021"}

# What is read if an id has no row: the usual columns.
_ABSENT = ("0", NOBODY, "$2b$12$" + "." * 53, 1, None, None)


class Users:
    """The users in the table that the settings name. Raises UsersTableError if the table does not fit them."""

    def __init__(self, settings: Settings, database: SQLAlchemy) -> None:
        self.table = UsersTable(settings, database)
        self.on_reset = OnReset(settings, self.table)
        self._without_password = settings.users_without_password
        self.looks_up_any_capitals = settings.users_email_match == "lower"
        self.look_up = LookUp(self.table, any_capitals=self.looks_up_any_capitals)

    def find(self, address: str) -> list[User]:
        """List the users of this address, whether or not they may get a link, those who meet USERS_FILTER first.

        The database may compare more loosely than Latchkey (citext, collations), so every row is compared again.
        """
        return self._find(address, self.look_up.by_address)

    def find_each(self, addresses: Sequence[str]) -> Found:
        """Return for each address what `find` returns or raises, with one query if possible.

        Raises UsersTableError or SQLAlchemyError if it concerns all.
        """
        return find_each(addresses, self._together, self.find)

    def find_in_any_capitals(self, address: str) -> list[User]:
        """List the users of this address as USERS_EMAIL_MATCH=lower would, which may read the whole table."""
        return self._find(address, self.look_up.by_lower_address)

    def offer(self, user: User) -> Offer:
        """Return what a user who asks for a link is offered."""
        return user.offer(self._without_password)

    def with_link(self, user_id: str) -> list[User]:
        """List the rows with this id whose owner may use a link.

        These are several if ids are not unique, or if a view has a row for each address of a user. Without a
        row, another is read: the time must not tell the holder of a link whether it was used, or the account is gone.
        """
        users = self._load(user_id, self.table.condition)
        if not users:
            self.offer(_user(*_ABSENT))
        return [user for user in users if self.offer(user) in {"reset", "first_password"}]

    def with_id(self, user_id: str) -> list[User]:
        """List the rows with this id, whether or not they meet USERS_FILTER."""
        return self._load(user_id, true())

    def some_hashes(self) -> list[str]:
        """Return what some users have in the column of hashes, if that is anything.

        Raises UsersTableError or SQLAlchemyError.
        """
        return self._sample(self.table.password)

    def some_addresses(self) -> list[str]:
        """Return the addresses of some users.

        Raises UsersTableError or SQLAlchemyError.
        """
        return self._sample(self.table.email)

    def probe(self) -> None:
        """Run the look-up by address with a limit of no rows, so that a wrong name, type or condition shows.

        Raises UsersTableError or SQLAlchemyError.
        """
        self._read(self.look_up.by_address.limit(0), parameters([NOBODY]))

    def probe_id(self) -> None:
        """Load one user again by the text of their id.

        Raises UsersTableError or SQLAlchemyError.
        """
        rows = self._read(self.look_up.anybody())
        if rows and not self.with_id(rows[0].id):
            kind = stored(self.table.id).name
            raise UsersTableError(
                f"USERS_ID_COLUMN: an id of the type {kind} that is read as text does not find its row again, so every "
                "link is dead. Name a column of another type."
            )

    def set_password(self, user: User, password_hash: str) -> bool:
        """Set the password if the user is still as loaded; tell whether it was set.

        Raises UpdateIgnored or SQLAlchemyError with nothing changed, and CommitUnanswered.
        """
        return change_password(self.table, self.on_reset, user, password_hash)

    def rehearse_change(self, password_hash: str) -> None:
        """Try what sets a password, without a row.

        Raises UsersTableError or SQLAlchemyError.
        """
        rehearse_change(self.table, self.on_reset, password_hash)

    def _sample(self, column: Column[Any]) -> list[str]:
        with self.table.engine.connect() as connection:
            return [text for text in connection.execute(self.look_up.sample(column)).scalars() if text]

    def _together(self, wanted: Sequence[str]) -> list[User]:
        return self._read(self.look_up.of_several, several(wanted))

    def _find(self, address: str, query: Select[Any]) -> list[User]:
        wanted = normalise(address)
        return [user for user in self._with_spellings(query, spellings(address)) if user.mailbox == wanted]

    def _with_spellings(self, query: Select[Any], wanted: Sequence[str]) -> list[User]:
        """Look spellings up together, or one by one if the column cannot hold one of them: nobody has that."""
        try:
            return self._read(query, parameters(wanted))
        except DataError as error:
            assert query.whereclause is not None
            if sqlstate(error) not in NOT_IN_ENCODING and self._can_hold(query.whereclause, parameters(wanted)):
                raise  # USERS_FILTER is at fault, which is not the address's.
        alone = [[spelling] for spelling in wanted] if len(wanted) > 1 else []
        return list(dict.fromkeys(user for each in alone for user in self._with_spellings(query, each)))

    def _load(self, user_id: str, condition: ColumnElement[bool]) -> list[User]:
        """Load the rows with an id: none if the column cannot hold the id, or writes it differently."""
        try:
            users = self._read(self.look_up.by_id(user_id, condition))
        except UnicodeEncodeError:
            return []
        except DataError:
            if self._can_hold(self.table.has_id(user_id)):
                raise  # USERS_FILTER is at fault, which is not the user's.
            return []
        return [user for user in users if user.id == user_id]

    def _can_hold(self, condition: ColumnElement[bool], values: Mapping[str, Any] | None = None) -> bool:
        """Tell whether a column takes the values that it is compared with: whether this works without USERS_FILTER."""
        with self.table.engine.connect() as connection, suppress(DataError):
            connection.execute(select(self.table.id).where(condition).limit(1), values)
            return True
        return False

    def _read(self, query: Select[Any], values: Mapping[str, Any] | None = None) -> list[User]:
        """Run a query and end its transaction, so that none is open while a password is hashed or an email sent.

        The session is bypassed: plain rows do not need it, and it was measured to take 0.1 of 0.4 ms.
        """
        with self.table.engine.connect() as connection:
            rows = connection.execute(query, values).all()
        return [_user(*row) for row in rows]


def _user(user_id: Any, address: Any, password_hash: Any, active: int, name: Any, locale: Any) -> User:
    """Read a row. The language is a code such as `fr` or `fr-CA`, and empty if it is none of ours."""
    language = negotiate(str(locale or "").strip(), "", "")
    return User(user_id or "", address or "", password_hash or "", bool(active), shown_name(name), language)
