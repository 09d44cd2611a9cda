"""The most common passwords, a list made by dev/tools/common_passwords.py.

Only digests are stored, so that the file holds none of the names, phone numbers and curses that people choose.
"""

import hashlib
from importlib.resources import files

FILE = "common_passwords.bin"
DIGEST_SIZE = 5  # Bytes. The list is searched at every offset, so one password in twelve million matches by chance.


def digest(password: str) -> bytes:
    """Return the digest that represents a password in the file, ignoring case."""
    return hashlib.sha256(password.lower().encode("utf-8", "surrogatepass")).digest()[:DIGEST_SIZE]


def common_digests() -> bytes:
    """Read the list: 90 kB, one digest after another."""
    return (files("api.passwords") / FILE).read_bytes()
