"""Formats that store an argon2id hash as a PHC string, with its parameters (RFC 9106)."""

import re
from dataclasses import dataclass
from typing import ClassVar

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import Argon2Error, InvalidHashError

from api.passwords.formats.hash_format import MAX_MEMORY, HashFormat

MIN_MEMORY = 19_456  # KiB, with two passes: OWASP's Password Storage Cheat Sheet.
MIN_PASSES = 2
MAX_WORK = 4 * 1024 * 1024  # KiB times passes: 4 seconds.
MAX_LANES = 64
PHC = r"\$argon2id\$v=19\$m=\d{1,10},t=\d{1,10},p=\d{1,10}\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,86}"
_SETTINGS = re.compile(r"\$m=(\d+),t=(\d+),p=(\d+)\$")


@dataclass(frozen=True)
class Argon2Cost:
    """The parameters of a hash. memory: KiB."""

    memory: int
    passes: int
    lanes: int

    @classmethod
    def of(cls, stored: str) -> "Argon2Cost":
        """Read the parameters of a hash."""
        match = _SETTINGS.search(stored)
        return cls(*map(int, match.groups())) if match else cls(0, 0, 0)

    @property
    def is_bearable(self) -> bool:
        """Whether a hash takes seconds at most, and MAX_MEMORY."""
        return (
            self.memory <= MAX_MEMORY * 1024 and self.memory * self.passes <= MAX_WORK and 1 <= self.lanes <= MAX_LANES
        )

    def raised(self, usual: "Argon2Cost") -> "Argon2Cost":
        """Return these parameters raised to today's minimum, or the usual ones if there are none."""
        if not self.lanes or not self.is_bearable:
            return usual
        new = Argon2Cost(max(self.memory, MIN_MEMORY), max(self.passes, MIN_PASSES), self.lanes)
        return new if new.is_bearable else usual


class Argon2id(HashFormat):
    """A bare PHC string: PHP's PASSWORD_ARGON2ID, argon2-cffi, pwdlib, passlib, Node's argon2."""

    name = "argon2id"
    title = "argon2id"
    length = 97
    shape = PHC
    before: ClassVar[str] = ""
    usual: ClassVar[Argon2Cost] = Argon2Cost(65_536, 3, 4)  # RFC 9106, 4: the second recommended option.

    def is_bearable(self, stored: str) -> bool:
        """Look at memory, passes and lanes."""
        return Argon2Cost.of(stored).is_bearable

    def memory(self, old: str) -> int:
        """Return the memory of the new hash, which takes at least as much as the old one."""
        return Argon2Cost.of(old).raised(self.usual).memory // 1024

    def verify(self, stored: str, password: str) -> bool:
        """Compute the hash again."""
        try:
            return PasswordHasher().verify(stored.removeprefix(self.before), self.secret(password))
        except (Argon2Error, InvalidHashError):
            return False

    def hash(self, password: str, old: str = "") -> str:
        """Hash the secret."""
        cost = Argon2Cost.of(old).raised(self.usual)
        hasher = PasswordHasher(cost.passes, cost.memory, cost.lanes, hash_len=_length(old.removeprefix(self.before)))
        return self.before + hasher.hash(self.secret(password))

    def secret(self, password: str) -> bytes:
        """Return the bytes that argon2 hashes."""
        return password.encode()


class DjangoArgon2(Argon2id):
    """`django.contrib.auth.hashers.Argon2PasswordHasher`."""

    name = "django-argon2"
    title = "Django's argon2"
    length = 105
    before = "argon2"
    shape = "argon2" + PHC
    usual = Argon2Cost(102_400, 2, 8)


def _length(old: str) -> int:
    """Return the length of an old hash, which the application may compare with its settings; at least 32 bytes."""
    try:
        return max(32, extract_parameters(old).hash_len)
    except InvalidHashError:
        return 32
