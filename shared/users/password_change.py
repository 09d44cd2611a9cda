"""Set the password of a user who is still as loaded, in one conditional statement, and see that it was set."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Update, and_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.elements import ColumnElement

from shared.users.table import UsersTable, UsersTableError, stored
from shared.users.user import User


class UpdateIgnored(Exception):
    """The database changed nothing, or something else, and reported no error."""

    hint = (
        "The UPDATE of a password reported no error and did not set it, although the user is still as loaded. Check "
        "the rights of the database's user, the policies of row level security (it needs one FOR UPDATE), and the "
        "triggers and rules of the table."
    )


class ManyRows(UpdateIgnored):
    """Several rows have this id, address and hash."""

    hint = "Several rows have the same id, address and password hash. Let USERS_ID_COLUMN name a column of unique ids."


class CommitUnanswered(SQLAlchemyError):
    """The database did not answer to COMMIT: the password may be set. `orig`: the driver's error."""

    orig: BaseException | None = None


def change_password(table: UsersTable, user: User, password_hash: str) -> bool:
    """Set the password if the user is still as loaded; tell whether it was set.

    If it is called several times with the same `user`, exactly one call returns True.

    Raises UpdateIgnored or SQLAlchemyError with nothing changed, and CommitUnanswered.
    """
    with table.engine.connect() as connection:
        rows = connection.execute(set_password(table, user, password_hash)).rowcount
        if rows == 1 and _holds(connection, table, user, password_hash):
            _commit(connection)
            return True
        connection.rollback()
        if rows > 1:
            raise ManyRows
        as_loaded = select(table.id).where(_is_as_loaded(table, user))
        if rows == 1 or connection.execute(as_loaded).first():
            raise UpdateIgnored
    return False


def set_password(table: UsersTable, user: User, password_hash: str) -> Update:
    """Return the statement that sets the password if the user is still as loaded, and the time of the change.

    Raises UsersTableError if the column for that time cannot hold it.
    """
    values: dict[Any, Any] = {table.password: stored(table.password).written(table.password, password_hash)}
    if table.changed is not None:
        values[table.changed] = stored(table.changed).written(table.changed, _now(table))
    return update(table.reflected).where(_is_as_loaded(table, user)).values(values)


def _is_as_loaded(table: UsersTable, user: User) -> ColumnElement[bool]:
    return and_(
        table.has_id(user.id),
        stored(table.password).as_text(table.password) == user.password_hash,
        stored(table.email).as_text(table.email) == user.address,
        table.condition,
    )


def _holds(connection: Connection, table: UsersTable, user: User, password_hash: str) -> bool:
    """Tell whether the row holds the new hash, or another one that a trigger made of it; not the old one, nor a part.

    The row may be out of sight by now, as a policy of row level security wants it: that counts as set.
    """
    same_user = and_(table.has_id(user.id), stored(table.email).as_text(table.email) == user.address)
    hashes = [text or "" for text in connection.execute(select(table.password).where(same_user)).scalars()]
    changed = [text for text in hashes if text != user.password_hash]
    return not hashes or any(text == password_hash or not password_hash.startswith(text) for text in changed)


def _commit(connection: Connection) -> None:
    try:
        connection.commit()
    except SQLAlchemyError as error:
        unanswered = CommitUnanswered(*error.args)
        unanswered.orig = getattr(error, "orig", None)
        raise unanswered from error


def _now(table: UsersTable) -> str:
    assert table.changed is not None
    kind = stored(table.changed)
    text = kind.timestamp(datetime.now(UTC))
    if not text:
        raise UsersTableError(
            f"USERS_PASSWORD_CHANGED_COLUMN: {table.changed.name} is of type {kind.name}, and Latchkey writes "
            "timestamps and dates. Name a column of such a type, or leave the setting empty and let a trigger write it."
        )
    return text
