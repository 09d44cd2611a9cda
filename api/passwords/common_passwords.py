"""The passwords that most people choose, as a list made by dev/tools/common_passwords.py.

They are kept as digests: so the file holds no names, telephone numbers and curses of the people who chose them.
"""

import hashlib
from importlib.resources import files

FILE = "common_passwords.bin"
DIGEST_SIZE = 5  # Bytes. Looked for at any place of the list, one password in twelve million is taken for another.


def digest(password: str) -> bytes:
    """Return what stands for a password in the file, whatever the case of its letters."""
    return hashlib.sha256(password.lower().encode("utf-8", "surrogatepass")).digest()[:DIGEST_SIZE]


def common_digests() -> bytes:
    """Read the list: 90 kB, one digest after another."""
    return (files("api.passwords") / FILE).read_bytes()
