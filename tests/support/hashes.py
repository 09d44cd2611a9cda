"""Hashes as stored in users tables, for tests that only need one; see tests/unit/passwords for the formats."""

from api.passwords.formats.formats import HashFormats
from shared.settings.hashes import HashFormatName

SECRET = "a secret of the application's"
CHEAP = 4  # The least cost that bcrypt takes.


def formats(name: HashFormatName = "auto", *, replace: bool = False) -> HashFormats:
    return HashFormats(name, CHEAP, SECRET, replace=replace)


def encode(password: str, name: HashFormatName = "bcrypt", rounds: int = CHEAP) -> str:
    """Hash a password in a format, for `auto` in bcrypt."""
    return HashFormats(name, rounds, SECRET).for_new("").hash(password)


def is_hash_of(stored: str, password: str) -> bool:
    return formats().is_hash_of(stored, password)
