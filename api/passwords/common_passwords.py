"""The passwords that most people choose, as a list made by dev/tools/common_passwords.py.

They are kept as digests: so the file holds no names, telephone numbers and curses of the people who chose them.
"""

import hashlib
from bisect import bisect_left
from importlib.resources import files

FILE = "common_passwords.bin"
DIGEST_SIZE = 5  # Bytes of each digest: one password in sixty million is taken for another.


def digest(password: str) -> bytes:
    """Return what stands for a password in the file, whatever the case of its letters."""
    return hashlib.sha256(password.lower().encode("utf-8", "surrogatepass")).digest()[:DIGEST_SIZE]


class CommonPasswords:
    """The list in memory: 90 kB, sorted."""

    def __init__(self) -> None:
        self._digests = (files("api.passwords") / FILE).read_bytes()

    def __len__(self) -> int:
        return len(self._digests) // DIGEST_SIZE

    def __contains__(self, password: str) -> bool:
        wanted = digest(password)
        place = bisect_left(range(len(self)), wanted, key=self._at)
        return self._at(place) == wanted

    def _at(self, place: int) -> bytes:
        return self._digests[place * DIGEST_SIZE : (place + 1) * DIGEST_SIZE]
