"""The password policy, bcrypt, and the formats in which other software expects to find the hash."""

import hashlib
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import bcrypt

from shared.settings import HashFormat
from shared.tokens import InvalidToken

BCRYPT_BYTES = 72  # bcrypt reads no more: a longer password would be cut without a word, so it is refused.
PREHASHED_CHARACTERS = 256
WAIT_FOR_HASH = 5.0  # Seconds until one that has not begun is given up.
NICENESS = 10  # Of hashing: a thread of the server gets nine times its share of a core that both want.


class WeakPassword(Exception):
    """The policy refuses the password, for reasons given as stable codes."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons


class HashingBusy(Exception):
    """As many passwords are being set as may be at a time."""


class Passwords:
    """Checks new passwords against the policy and hashes them, a bounded number at a time.

    Hashing is done by threads of its own that give way to the server's. Those wait meanwhile, so a slot is the right of
    a thread of the server to be held up by it.
    """

    def __init__(self, hash_format: HashFormat, rounds: int, min_length: int, slots: int) -> None:
        self._format = hash_format
        self._rounds = rounds
        self._min_length = min_length
        self._slots = slots
        self._links: list[str] = []
        self._counting = threading.Lock()
        self._pool = ThreadPoolExecutor(at_a_time(slots), "hashing", _give_way)

    @property
    def waiting(self) -> int:
        """Return how many slots are taken."""
        return len(self._links)

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

    @contextmanager
    def slot(self, link: str) -> Iterator[None]:
        """Take a slot for the use of a link; nobody waits for one.

        Raises HashingBusy where all are taken, and InvalidToken where one of them is by the same link: it works once.
        """
        with self._counting:
            if len(self._links) >= self._slots:
                raise InvalidToken if link in self._links else HashingBusy
            self._links.append(link)
        try:
            yield
        finally:
            with self._counting:
                self._links.remove(link)

    def hash(self, password: str) -> str:
        """Return the hash as the users table stores it.

        Raises HashingBusy where others take too long.
        """
        hashing = self._pool.submit(encode, password, self._format, self._rounds)
        try:
            return hashing.result(WAIT_FOR_HASH)
        except TimeoutError:
            if hashing.cancel():
                raise HashingBusy from None
            return hashing.result()

    def _too_long(self, password: str) -> bool:
        if self._format == "django-bcrypt-sha256":
            return len(password) > PREHASHED_CHARACTERS
        return len(password.encode()) > BCRYPT_BYTES


def at_a_time(slots: int) -> int:
    """Return how many of the passwords in slots are hashed at a time: one core stays free, where there are several."""
    return max(1, min(slots, (os.cpu_count() or 1) - 1))


def _give_way() -> None:
    """Let the calling thread come after others, where the system has it: on Linux niceness is a thread's own."""
    if sys.platform != "linux":
        return
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


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
