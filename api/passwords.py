"""The password policy, bcrypt, and the formats in which other software expects to find the hash."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import bcrypt

from shared.settings import HashFormat

BCRYPT_BYTES = 72  # bcrypt reads no more: a longer password would be cut without a word, so it is refused.
PREHASHED_CHARACTERS = 256
WAIT_FOR_SLOT = 5.0  # Seconds.


class WeakPassword(Exception):
    """The policy refuses the password, for reasons given as stable codes."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons


class HashingBusy(Exception):
    """Too many passwords wait to be hashed."""


class Passwords:
    """Checks new passwords against the policy and hashes them, a bounded number at a time."""

    def __init__(self, hash_format: HashFormat, rounds: int, min_length: int, slots: int) -> None:
        self._format = hash_format
        self._rounds = rounds
        self._min_length = min_length
        self._slots = threading.BoundedSemaphore(slots)
        self._waiting = 0
        self._counting = threading.Lock()

    @property
    def waiting(self) -> int:
        """Return how many passwords are in a slot, or wait for one."""
        return self._waiting

    def check(self, password: str) -> None:
        """Raise WeakPassword with every reason the policy has against the password.

        Length counts in code points, and there are no rules of composition (NIST SP 800-63B-4, 3.1.1.2).
        """
        reasons = []
        if len(password) < self._min_length:
            reasons.append("too_short")
        if self._too_long(password):
            reasons.append("too_long")
        if "\x00" in password:
            reasons.append("contains_nul")
        if reasons:
            raise WeakPassword(reasons)

    def hash(self, password: str) -> str:
        """Return the hash as the users table stores it.

        Raises HashingBusy where no slot comes free in time.
        """
        with self._slot():
            return encode(password, self._format, self._rounds)

    def _too_long(self, password: str) -> bool:
        if self._format == "django-bcrypt-sha256":
            return len(password) > PREHASHED_CHARACTERS
        return len(password.encode()) > BCRYPT_BYTES

    @contextmanager
    def _slot(self) -> Iterator[None]:
        self._count(1)
        try:
            if not self._slots.acquire(timeout=WAIT_FOR_SLOT):
                raise HashingBusy
            try:
                yield
            finally:
                self._slots.release()
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._counting:
            self._waiting += change


def encode(password: str, hash_format: HashFormat, rounds: int) -> str:
    """Hash a password and write it in one of the formats.

    bcrypt: `$2b$`, as the bcrypt package writes it. bcrypt-2y: the same under PHP's prefix. django-bcrypt and
    django-bcrypt-sha256: as django.contrib.auth.hashers stores them, the second over the hexadecimal SHA-256.
    """
    secret = password.encode()
    if hash_format == "django-bcrypt-sha256":
        secret = hashlib.sha256(secret).hexdigest().encode()
    hashed = bcrypt.hashpw(secret, bcrypt.gensalt(rounds)).decode()
    match hash_format:
        case "bcrypt":
            return hashed
        case "bcrypt-2y":
            return "$2y$" + hashed.removeprefix("$2b$")
        case "django-bcrypt":
            return "bcrypt$" + hashed
        case "django-bcrypt-sha256":
            return "bcrypt_sha256$" + hashed
