"""Set the password of a user who is still as loaded, in one conditional statement, and see that it was set."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, Update, and_, literal_column, or_, select, text, update
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.sql.elements import ColumnElement

from shared.users.on_reset import NOBODY, OnReset
from shared.users.table import UsersTable, UsersTableError, stored
from shared.users.user import User

_ENGINE = text("""
    SELECT tables.engine AS engine, engines.transactions AS transactions
    FROM information_schema.tables JOIN information_schema.engines ON engines.engine = tables.engine
    WHERE table_schema = coalesce(:schema, database()) AND table_name = :name
""")
_LONGER = {"mysql": "MODIFY {} varchar(255)"} | dict.fromkeys(
    ("postgresql", "sqlite"), "ALTER COLUMN {} TYPE varchar(255)"
)


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


def change_password(table: UsersTable, on_reset: OnReset, user: User, password_hash: str) -> bool:
    """Set the password if the user is still as loaded, and do what else belongs to it; tell whether it was set.

    If it is called several times with the same `user`, exactly one call returns True.

    Raises UpdateIgnored or SQLAlchemyError with nothing changed, and CommitUnanswered.
    """
    as_loaded = and_(table.has_id(user.id), _has(table, user.password_hash, user.address))
    with table.engine.connect() as connection:
        on_reset.begin(connection)
        setting = _setting(table, on_reset, user, password_hash)
        rows = connection.execute(setting.where(as_loaded)).rowcount
        if rows == 1 and _holds(connection, table, user, password_hash):
            on_reset.run(connection, user)
            _commit(connection)
            return True
        connection.rollback()
        if rows > 1:
            raise ManyRows
        if rows == 1 or connection.execute(select(table.id).where(as_loaded)).first():
            raise UpdateIgnored
    return False


def rehearse_change(table: UsersTable, on_reset: OnReset, password_hash: str) -> None:
    """Run the statement that sets a password with a condition that no row meets, and prepare what else belongs to it.

    Raises UsersTableError or SQLAlchemyError.
    """
    _require_room(table, len(password_hash))
    with table.engine.connect() as connection:
        _require_transactions(connection, table)
        # With every column that the real condition has: the right to read each of them is needed.
        nobody = and_(literal_column("1 = 0"), _has(table, "", ""), table.id.is_(None))
        on_reset.begin(connection)
        setting = _setting(table, on_reset, NOBODY, password_hash)
        connection.execute(setting.where(nobody))
        on_reset.rehearse(connection)


def _require_transactions(connection: Connection, table: UsersTable) -> None:
    """Raise UsersTableError if the table is of an engine of MySQL that cannot undo a change."""
    if table.backend != "mysql":
        return
    engine = connection.execute(_ENGINE, {"schema": table.reflected.schema, "name": table.reflected.name}).first()
    if engine and engine.transactions != "YES":
        raise UsersTableError(
            f"USERS_TABLE: {table.reflected.fullname} is of the engine {engine.engine}, which has no transactions: a "
            f"reset that fails could not be undone. ALTER TABLE {table.reflected.fullname} ENGINE = InnoDB."
        )


def _require_room(table: UsersTable, needed: int) -> None:
    """Raise UsersTableError if the column, as it is now, is shorter than a hash."""
    now = table.columns(table.reflected)[table.password.name]
    if now.length is not None and now.length < needed:
        raise UsersTableError(
            f"USERS_PASSWORD_COLUMN: {table.password.name} holds {now.length} characters, and a hash of "
            f"USERS_HASH_FORMAT has {needed}. Make the column longer: ALTER TABLE {table.reflected.fullname} "
            f"{_LONGER[table.backend].format(table.password.name)}."
        )


def _setting(table: UsersTable, on_reset: OnReset, user: User, password_hash: str) -> Update:
    """Return the statement that sets a password and what else belongs to a reset.

    The password is the last column: MySQL reads columns as they were set before, from left to right. Raises
    UsersTableError if the column for the time of the change cannot hold a time.
    """
    values: list[tuple[Any, Any]] = list(on_reset.values(user).items())
    if table.changed is not None:
        values.append((table.changed, stored(table.changed).written(table.changed, _now(table.changed))))
    values.append((table.password, stored(table.password).written(table.password, password_hash)))
    return update(table.reflected).ordered_values(*values)


def _has(table: UsersTable, password_hash: str, address: str) -> ColumnElement[bool]:
    """Return the condition that a row has this hash and address, and meets USERS_FILTER."""
    same_hash = stored(table.password).is_exactly(table.password, password_hash)
    if password_hash == "":  # An account without a password may have NULL there.
        same_hash = or_(table.password.is_(None), same_hash)
    return and_(same_hash, stored(table.email).is_exactly(table.email, address), table.condition)


def _holds(connection: Connection, table: UsersTable, user: User, password_hash: str) -> bool:
    """Tell whether the row holds the new hash.

    The row may be out of sight by now, as a policy of row level security wants it: that counts as set.
    """
    same_user = and_(table.has_id(user.id), stored(table.email).is_exactly(table.email, user.address))
    hashes = [text or "" for text in connection.execute(select(table.password).where(same_user)).scalars()]
    return not hashes or any(_is_set(text, user.password_hash, password_hash) for text in hashes)


def _is_set(stored_hash: str, old: str, new: str) -> bool:
    """Tell whether a hash is the new one, or another that a trigger made of it; not the old one, nor a part."""
    if stored_hash == old:
        return False
    return stored_hash == new or not new.startswith(stored_hash)


def _commit(connection: Connection) -> None:
    try:
        connection.commit()
    except (OperationalError, InterfaceError) as error:  # Others are answers, such as of a deferred constraint.
        unanswered = CommitUnanswered(*error.args)
        unanswered.orig = error.orig
        raise unanswered from error


def _now(column: Column[Any]) -> str:
    kind = stored(column)
    text = kind.timestamp(datetime.now(UTC))
    if not text:
        raise UsersTableError(
            f"USERS_PASSWORD_CHANGED_COLUMN: {column.name} is of the type {kind.name}, and Latchkey writes timestamps "
            "and dates. Name a column of such a type, or leave the setting empty and let a trigger write it."
        )
    return text
