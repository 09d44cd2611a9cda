"""Formats that store a scrypt hash (RFC 7914)."""

import hashlib
import hmac
import re
import secrets
import unicodedata
from base64 import b64encode
from dataclasses import dataclass, replace

from werkzeug.security import check_password_hash, generate_password_hash

from api.passwords.formats.hash_format import MAX_MEMORY, HashFormat
from api.passwords.formats.pbkdf2_formats import LETTERS_AND_DIGITS

MIN_WORK = 5 * 2**17  # n * r * p: the least in OWASP's Password Storage Cheat Sheet, with n = 2^14, r = 8 and p = 5.
MAX_WORK = 16_000_000  # 4 seconds.
MAX_P = 255  # Spring writes it with 8 bits.


@dataclass(frozen=True)
class ScryptCost:
    """The parameters: n is the number of blocks, of 128 * r bytes each, and p that of repetitions."""

    n: int
    r: int
    p: int

    @property
    def memory(self) -> int:
        """The memory in MiB: the blocks, and a buffer for all repetitions."""
        return 128 * self.r * (self.n + self.p) // 2**20

    @property
    def is_bearable(self) -> bool:
        """Whether a hash takes seconds at most, and MAX_MEMORY. n has to be a power of two."""
        return (
            self.n > 1
            and self.n & (self.n - 1) == 0
            and min(self.r, self.p) > 0
            and self.memory <= MAX_MEMORY
            and self.n * self.r * self.p <= MAX_WORK
        )

    def raised(self) -> "ScryptCost":
        """Repeat so often that the work is today's minimum; the memory stays what the application has planned for.

        With so few blocks that this takes more than MAX_P repetitions, take more blocks.
        """
        p = max(self.p, -(-MIN_WORK // (self.n * self.r)))
        return replace(self, p=p) if p <= max(self.p, MAX_P) else ScryptCost(2**15, 8, 3)

    def computed(self, secret: bytes, salt: bytes, length: int = 64) -> bytes:
        """Return the hash of a secret."""
        limit = 128 * self.r * (self.n + self.p + 2) + 2**20
        return hashlib.scrypt(secret, salt=salt, n=self.n, r=self.r, p=self.p, maxmem=limit, dklen=length)


class _Scrypt(HashFormat):
    """Formats that write their parameters as digits."""

    usual: ScryptCost

    def is_bearable(self, stored: str) -> bool:
        cost = self.read(stored)
        return cost is not None and cost.is_bearable

    def memory(self, old: str) -> int:
        return self.cost(old).memory

    def cost(self, old: str) -> ScryptCost:
        """Return the parameters of a new hash."""
        found = self.read(old)
        return (found if found and found.is_bearable else self.usual).raised()

    def read(self, stored: str) -> ScryptCost | None:
        """Read the parameters of a hash."""
        raise NotImplementedError


class WerkzeugScrypt(_Scrypt):
    """`werkzeug.security`, as it is called by default: what Flask's own documentation shows."""

    name = "werkzeug-scrypt"
    title = "Werkzeug's scrypt"
    length = 162
    shape = r"scrypt:\d{1,10}:\d{1,4}:\d{1,4}\$[^$]+\$[0-9a-f]{128}"
    usual = ScryptCost(2**15, 8, 1)

    def read(self, stored: str) -> ScryptCost | None:
        """Read what stands before the salt."""
        match = re.match(r"scrypt:(\d+):(\d+):(\d+)\$", stored)
        return ScryptCost(*map(int, match.groups())) if match else None

    def verify(self, stored: str, password: str) -> bool:
        """Let Werkzeug compare."""
        return check_password_hash(stored, password)

    def hash(self, password: str, old: str = "") -> str:
        """Let Werkzeug hash."""
        cost = self.cost(old)
        return generate_password_hash(password, f"scrypt:{cost.n}:{cost.r}:{cost.p}")


class DjangoScrypt(_Scrypt):
    """`django.contrib.auth.hashers.ScryptPasswordHasher`."""

    name = "django-scrypt"
    title = "Django's scrypt"
    length = 128
    shape = r"scrypt\$\d{1,10}\$[^$]+\$\d{1,4}\$\d{1,4}\$[A-Za-z0-9+/]{86}=="
    usual = ScryptCost(2**14, 8, 5)

    def read(self, stored: str) -> ScryptCost | None:
        """Read what stands around the salt."""
        match = re.match(r"scrypt\$(\d+)\$[^$]+\$(\d+)\$(\d+)\$", stored)
        return ScryptCost(*map(int, match.groups())) if match else None

    def verify(self, stored: str, password: str) -> bool:
        """Compute the hash again."""
        cost, salt = self.read(stored), stored.split("$")[2]
        return cost is not None and hmac.compare_digest(stored, self._written(password, cost, salt))

    def hash(self, password: str, old: str = "") -> str:
        """Hash with a salt as Django makes it."""
        salt = "".join(secrets.choice(LETTERS_AND_DIGITS) for _ in range(22))
        return self._written(password, self.cost(old), salt)

    def _written(self, password: str, cost: ScryptCost, salt: str) -> str:
        digest = b64encode(cost.computed(password.encode(), salt.encode())).decode()
        return f"scrypt${cost.n}${salt}${cost.r}${cost.p}${digest}"


class BetterAuth(HashFormat):
    """better-auth: its parameters are fixed, and not stored. The salt is the text of the digits, the password in NFKC.

    The parameters are below OWASP's minimum, and cannot be raised: better-auth could not read the hash.
    """

    name = "better-auth"
    title = "better-auth's scrypt"
    length = 161
    shape = r"[0-9a-f]{32}:[0-9a-f]{128}"
    max_length = 128
    _cost = ScryptCost(2**14, 16, 1)

    def memory(self, old: str) -> int:  # noqa: ARG002 - it is fixed
        """Return the fixed memory."""
        return self._cost.memory

    def verify(self, stored: str, password: str) -> bool:
        """Compute the hash again."""
        salt, _ = stored.split(":")
        return hmac.compare_digest(stored, self._written(password, salt))

    def hash(self, password: str, old: str = "") -> str:  # noqa: ARG002 - it has no parameters
        """Hash with a new salt."""
        return self._written(password, secrets.token_hex(16))

    def _written(self, password: str, salt: str) -> str:
        secret = unicodedata.normalize("NFKC", password).encode()
        return f"{salt}:{self._cost.computed(secret, salt.encode()).hex()}"
