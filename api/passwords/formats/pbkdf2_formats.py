"""Formats that store a PBKDF2 hash (RFC 8018, 5.2).

The least numbers of iterations are OWASP's (Password Storage Cheat Sheet), or the application's own if that is higher.
"""

import hashlib
import hmac
import re
import secrets
import string
import struct
from base64 import b64decode, b64encode

from werkzeug.security import check_password_hash, generate_password_hash

from api.passwords.formats.hash_format import HashFormat

MIN_SHA256 = 600_000
MIN_SHA512 = 210_000
MIN_BYTES, MAX_BYTES = 16, 64  # ASP.NET refuses a shorter salt or hash; a longer hash is none of its own.
MAX_ITERATIONS = 5_000_000  # 2 to 4 seconds.
LETTERS_AND_DIGITS = string.ascii_letters + string.digits
_ITERATIONS = re.compile(r"(?:pbkdf2_sha\d+\$|pbkdf2:sha\d+:|\$pbkdf2-sha256\$)(\d+)\$")


class Pbkdf2(HashFormat):
    """Formats that write the number of iterations as digits."""

    usual = MIN_SHA256

    def is_bearable(self, stored: str) -> bool:
        """Look at the iterations."""
        return _iterations(stored) <= MAX_ITERATIONS

    def iterations(self, old: str) -> int:
        """Return the number of iterations of a new hash."""
        found = _iterations(old)
        return max(self.usual, found) if found <= MAX_ITERATIONS else self.usual


class DjangoPbkdf2(Pbkdf2):
    """`django.contrib.auth.hashers.PBKDF2PasswordHasher`, Django's default."""

    name = "django-pbkdf2"
    title = "Django's PBKDF2"
    length = 89
    shape = r"pbkdf2_sha256\$\d{1,10}\$[^$]+\$[A-Za-z0-9+/]{43}="
    usual = 1_000_000  # Django 5.2's own.

    def verify(self, stored: str, password: str) -> bool:
        """Compute the hash again."""
        _, iterations, salt, _ = stored.split("$")
        return hmac.compare_digest(stored, self._written(password, int(iterations), salt))

    def hash(self, password: str, old: str = "") -> str:
        """Hash with a salt as Django makes it: with another length, Django would hash again at log-in."""
        salt = "".join(secrets.choice(LETTERS_AND_DIGITS) for _ in range(22))
        return self._written(password, self.iterations(old), salt)

    def _written(self, password: str, iterations: int, salt: str) -> str:
        digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), iterations)
        return f"pbkdf2_sha256${iterations}${salt}${b64encode(digest).decode()}"


class WerkzeugPbkdf2(Pbkdf2):
    """`werkzeug.security`, called for PBKDF2."""

    name = "werkzeug-pbkdf2"
    title = "Werkzeug's PBKDF2"
    length = 103
    shape = r"pbkdf2:sha256:\d{1,10}\$[^$]+\$[0-9a-f]{64}"
    older = (r"pbkdf2:sha(1|512):\d{1,10}\$[^$]+\$[0-9a-f]{40,128}",)

    def verify(self, stored: str, password: str) -> bool:
        """Let Werkzeug compare."""
        return check_password_hash(stored, password)

    def hash(self, password: str, old: str = "") -> str:
        """Let Werkzeug hash."""
        return generate_password_hash(password, f"pbkdf2:sha256:{self.iterations(old)}")


class AspNetV3(HashFormat):
    """ASP.NET Core Identity, version 3: base64 of a mark, PRF, iterations, length of the salt, salt and hash.

    Numbers are 4 bytes, big-endian (`PasswordHasher.cs` in dotnet/aspnetcore).
    """

    name = "aspnet-v3"
    title = "ASP.NET's, version 3"
    length = 84
    shape = r"AQAAAA[A-Za-z0-9+/]{40,170}={0,2}"

    def has_shape(self, stored: str) -> bool:
        """Read the parts, too."""
        return super().has_shape(stored) and _Parts.of(stored) is not None

    def replaces(self, stored: str) -> bool:
        """Require the shape."""
        return self.has_shape(stored)

    def is_bearable(self, stored: str) -> bool:
        """Look at the iterations."""
        parts = _Parts.of(stored)
        return parts is not None and parts.iterations <= MAX_ITERATIONS

    def verify(self, stored: str, password: str) -> bool:
        """Compute the hash again."""
        parts = _Parts.of(stored)
        return parts is not None and hmac.compare_digest(parts.hash, parts.computed(password))

    def hash(self, password: str, old: str = "") -> str:
        """Hash with SHA-512, as its current version does."""
        parts = _Parts.of(old)
        found = parts.iterations if parts else 0
        iterations = max(MIN_SHA512, found) if found <= MAX_ITERATIONS else MIN_SHA512
        made = _Parts(2, iterations, secrets.token_bytes(16), bytes(32))
        head = struct.pack(">BIII", 1, made.prf, made.iterations, len(made.salt))
        return b64encode(head + made.salt + made.computed(password)).decode()


class _Parts:
    """The parts of an ASP.NET hash."""

    _DIGESTS = ("sha1", "sha256", "sha512")
    _HEAD = struct.Struct(">BIII")

    def __init__(self, prf: int, iterations: int, salt: bytes, hash_: bytes) -> None:
        self.prf, self.iterations, self.salt, self.hash = prf, iterations, salt, hash_

    @classmethod
    def of(cls, stored: str) -> "_Parts | None":
        """Read the parts; return None if they are none."""
        try:
            read = b64decode(stored, validate=True)
            mark, prf, iterations, length = cls._HEAD.unpack_from(read)
        except (ValueError, struct.error):
            return None
        salt, hash_ = read[cls._HEAD.size :][:length], read[cls._HEAD.size + length :]
        fits = mark == 1 and prf < len(cls._DIGESTS) and length == len(salt)
        fits = fits and len(salt) >= MIN_BYTES and MIN_BYTES <= len(hash_) <= MAX_BYTES
        return cls(prf, iterations, salt, hash_) if fits and iterations else None

    def computed(self, password: str) -> bytes:
        """Return the hash of a password with this salt."""
        digest = self._DIGESTS[self.prf]
        return hashlib.pbkdf2_hmac(digest, password.encode(), self.salt, self.iterations, len(self.hash))


def _iterations(stored: str) -> int:
    match = _ITERATIONS.match(stored)
    return int(match[1]) if match else 0
