"""Set the password of a user who is still as loaded, in one conditional statement."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import update

from shared.users.table import UsersTable
from shared.users.user import User


def change_password(table: UsersTable, user: User, password_hash: str) -> bool:
    """Set the password if the user is still as loaded; tell whether it was set.

    If it is called several times with the same `user`, exactly one call returns True.
    """
    unchanged = table.password == user.password_hash
    if not user.password_hash:
        unchanged |= table.password.is_(None)
    statement = update(table.reflected).where(
        table.has_id(user.id),
        unchanged,
        table.email == user.address,
        table.condition,
    )
    with table.engine.connect() as connection:
        applied = connection.execute(statement.values(_values(table, password_hash))).rowcount == 1
        if applied:  # Otherwise closing the connection rolls it back.
            connection.commit()
    return applied


def _values(table: UsersTable, password_hash: str) -> dict[Any, Any]:
    """Return the new hash and, where there is a column for it, the time: UTC, with a zone if the column stores one."""
    values: dict[Any, Any] = {table.password: password_hash}
    if table.changed is not None:
        now = datetime.now(UTC)
        values[table.changed] = now if getattr(table.changed.type, "timezone", False) else now.replace(tzinfo=None)
    return values
