"""bcrypt with bounded concurrency, and the formats in which other software stores the hash."""

import hashlib
import os
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import bcrypt

from api.passwords.hash_shapes import may_replace
from api.passwords.policy import WeakPassword
from shared.settings.settings import HashFormat
from shared.tokens import InvalidToken

WAIT_FOR_HASH = 5.0  # Seconds after which a hash that has not started is given up.
MIN_ROUNDS = 4  # bcrypt takes no less.
MAX_ROUNDS = 16  # Cost of a stored hash: 5 seconds. Each step more doubles it; 31 would take days.
_STORED = re.compile(r"(bcrypt\$|bcrypt_sha256\$)?(\$2[aby]\$([0-3][0-9])\$[./A-Za-z0-9]{53})")
# The prefix that each format writes.
_PREFIXES: dict[HashFormat, str] = {
    "bcrypt": "$2b$",
    "bcrypt-2y": "$2y$",
    "django-bcrypt": "bcrypt$$2b$",
    "django-bcrypt-sha256": "bcrypt_sha256$$2b$",
}


class HashingBusy(Exception):
    """A password cannot be hashed now: all slots are taken, or other passwords take too long."""

    hint = "Many passwords are being set. If it lasts, raise WEB_THREADS, or add cores or machines."


class Passwords:
    """Hashes new passwords, a bounded number at once.

    bcrypt runs in a thread pool and releases the GIL. Each hash blocks a pool thread and the server thread that waits
    for it; a slot is permission to block a server thread.
    """

    def __init__(
        self,
        hash_format: HashFormat,
        rounds: int,
        slots: int,
        *,
        processes: int = 1,
        wait_for_hash: float = WAIT_FOR_HASH,
    ) -> None:
        self._format = hash_format
        self._rounds = rounds
        self._wait_for_hash = wait_for_hash
        self._slots = slots
        # The others are for those who try a link for the first time.
        self._slots_for_repeats = max(1, slots // 2)
        self._links: list[str] = []
        self._repeats = 0
        self._counting = threading.Lock()
        self._pool = ThreadPoolExecutor(at_a_time(slots, processes), "hashing")

    @property
    def waiting(self) -> int:
        """The number of slots that are taken."""
        return len(self._links)

    @contextmanager
    def slot(self, link: str, *, again: bool = False) -> Iterator[None]:
        """Take a slot for the use of a link, without waiting for one. A link that was tried `again` has fewer of them.

        Raises HashingBusy if all are taken, or InvalidToken if the same link, which works only once, has one of them.
        """
        with self._counting:
            again = again or link in self._links
            if len(self._links) >= self._slots or (again and self._repeats >= self._slots_for_repeats):
                raise InvalidToken if link in self._links else HashingBusy
            self._links.append(link)
            self._repeats += again
        try:
            yield
        finally:
            with self._counting:
                self._links.remove(link)
                self._repeats -= again

    def hash(self, password: str, old: str = "") -> str:
        """Return the hash as the users table stores it.

        Raises WeakPassword if it is the password of the old hash, and HashingBusy if other passwords take too long.
        """
        hashing = self._pool.submit(self._replace, password, old)
        try:
            return hashing.result(self._wait_for_hash)
        except TimeoutError:
            if hashing.cancel():
                raise HashingBusy from None
            return hashing.result()

    def _replace(self, password: str, old: str) -> str:
        if old and is_hash_of(old, password):
            raise WeakPassword(["same_as_old"])
        return encode(password, self._format, self._rounds)


def at_a_time(slots: int, processes: int = 1) -> int:
    """Return how many passwords a server process hashes at once, at most one for each slot.

    Together the processes leave one core free if there are more cores than processes.
    """
    # The process may be limited to fewer cores than the machine has. macOS does not tell.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(slots, (cores - 1) // processes))


def is_hash_of(stored: str, password: str) -> bool:
    """Tell whether a stored hash, in any of the formats, is the hash of this password.

    Return False also for anything but a bcrypt hash, and for a cost above MAX_ROUNDS.
    """
    match = _STORED.fullmatch(stored)
    if not match or int(match[3]) > MAX_ROUNDS:
        return False
    try:
        return bcrypt.checkpw(_secret(password, prehashed=match[1] == "bcrypt_sha256$"), match[2].encode())
    except ValueError:  # The password is longer than bcrypt allows, or the salt is damaged.
        return False


def flaw(stored: str, hash_format: HashFormat) -> str:
    """Return why a stored hash cannot be imported in a format, or an empty string if it can."""
    match = _STORED.fullmatch(stored)
    if not match or not may_replace(stored, hash_format):
        return f"is not of the format {hash_format}"
    return f"has a cost of more than {MAX_ROUNDS}" if int(match[3]) > MAX_ROUNDS else ""


def encode(password: str, hash_format: HashFormat, rounds: int) -> str:
    """Hash a password and write it in one of the formats.

    bcrypt: `$2b$`, as the bcrypt package writes it. bcrypt-2y: the same with PHP's prefix. django-bcrypt and
    django-bcrypt-sha256: as django.contrib.auth.hashers stores them; the latter hashes the hexadecimal SHA-256.
    """
    secret = _secret(password, prehashed=hash_format == "django-bcrypt-sha256")
    hashed = bcrypt.hashpw(secret, bcrypt.gensalt(rounds)).decode()
    return _PREFIXES[hash_format] + hashed.removeprefix("$2b$")


def _secret(password: str, *, prehashed: bool) -> bytes:
    """Return the bytes that bcrypt hashes."""
    return hashlib.sha256(password.encode()).hexdigest().encode() if prehashed else password.encode()
