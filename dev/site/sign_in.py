"""Checks a password against the demo's users table, as an adopter's own application would."""

import sqlite3
from contextlib import closing
from pathlib import Path

import bcrypt

_USER = "SELECT password_hash FROM users WHERE lower(email) = lower(?) AND is_active"


def may_sign_in(database: Path, address: str, password: str) -> bool:
    """Tell whether the users table has an active user with this address and password."""
    try:
        return bcrypt.checkpw(password.encode(), _stored_hash(database, address).encode())
    except ValueError:  # There is no hash, or the password exceeds bcrypt's limit.
        return False


def _stored_hash(database: Path, address: str) -> str:
    if not database.is_file():  # The demo is still starting.
        return ""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        row = connection.execute(_USER, (address,)).fetchone()
    return str(row[0]) if row else ""
