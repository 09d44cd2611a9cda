"""Whether a password opens an account of the demo, as the application of an adopter would ask its own table."""

import sqlite3
from contextlib import closing
from pathlib import Path

import bcrypt

_USER = "SELECT password_hash FROM users WHERE lower(email) = lower(?) AND is_active"


def may_sign_in(database: Path, address: str, password: str) -> bool:
    """Tell whether the users table has this address with this password."""
    try:
        return bcrypt.checkpw(password.encode(), _stored_hash(database, address).encode())
    except ValueError:  # There is no hash, or the password is longer than bcrypt reads.
        return False


def _stored_hash(database: Path, address: str) -> str:
    if not database.is_file():  # It is made while the demo starts.
        return ""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        row = connection.execute(_USER, (address,)).fetchone()
    return str(row[0]) if row else ""
