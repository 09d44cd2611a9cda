"""Formats that store a bcrypt hash of the password, or of a digest of it.

Sources: the applications' own code, which the tests run; facts about each stand at its class.
"""

import hashlib
import hmac
import re
from base64 import b64encode
from typing import ClassVar

import bcrypt

from api.passwords.formats.hash_format import MAX_CHARACTERS, HashFormat, Unit

BCRYPT_BYTES = 72  # bcrypt reads no more.
BCRYPT_LENGTH = 60  # Characters of a hash.
MAX_ROUNDS = 16  # 5 seconds. Each step more doubles it; 31 would take days.
BODY = r"\d\d\$[./A-Za-z0-9]{53}"


class Bcrypt(HashFormat):
    """bcrypt as most software writes it today."""

    name = "bcrypt"
    title = "bcrypt $2b$"
    length = 60
    prefix: ClassVar[str] = "$2b$"
    shape = r"\$2b\$" + BODY
    older: ClassVar[tuple[str, ...]] = (r"\$2a\$" + BODY,)
    max_length = BCRYPT_BYTES
    max_length_unit: ClassVar[Unit] = "bytes"

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds

    def is_bearable(self, stored: str) -> bool:
        """Look at the cost."""
        return rounds_of(stored) <= MAX_ROUNDS

    def verify(self, stored: str, password: str) -> bool:
        """Compute the hash again."""
        return is_bcrypt_of(self.secret(password), stored[-BCRYPT_LENGTH:])

    def hash(self, password: str, old: str = "") -> str:
        """Hash the secret."""
        return self.prefix + body(bcrypt.hashpw(self.secret(password), bcrypt.gensalt(self.cost(old))).decode())

    def cost(self, old: str) -> int:
        """Return the cost of a new hash: that of the settings, or of the old hash if it is higher and bearable."""
        rounds = rounds_of(old)
        return max(self.rounds, rounds) if rounds <= MAX_ROUNDS else self.rounds

    def secret(self, password: str) -> bytes:
        """Return the bytes that bcrypt hashes."""
        return password.encode()


class Bcrypt2a(Bcrypt):
    """bcrypt as pgcrypto, jBCrypt, and older Spring and Rails read it: these refuse `$2b$`."""

    name = "bcrypt-2a"
    title = "bcrypt $2a$"
    prefix = "$2a$"
    shape = r"\$2a\$" + BODY
    older = ()


class Bcrypt2y(Bcrypt):
    """bcrypt as PHP writes it; Laravel refuses `$2b$`."""

    name = "bcrypt-2y"
    title = "bcrypt $2y$ (PHP)"
    prefix = "$2y$"
    shape = r"\$2y\$" + BODY


class DjangoBcrypt(Bcrypt):
    """`django.contrib.auth.hashers.BCryptPasswordHasher`."""

    name = "django-bcrypt"
    title = "Django's bcrypt"
    length = 67
    prefix = "bcrypt$$2b$"
    shape = r"bcrypt\$\$2[aby]\$" + BODY
    older = ()


class _Prehashed(Bcrypt):
    """bcrypt of the hexadecimal SHA-256 of the password, so that all of a long one counts."""

    max_length = MAX_CHARACTERS
    max_length_unit = "characters"

    def secret(self, password: str) -> bytes:
        return hashlib.sha256(password.encode()).hexdigest().encode()


class DjangoBcryptSha256(_Prehashed):
    """`django.contrib.auth.hashers.BCryptSHA256PasswordHasher`."""

    name = "django-bcrypt-sha256"
    title = "Django's bcrypt over SHA-256"
    length = 74
    prefix = "bcrypt_sha256$$2b$"
    shape = r"bcrypt_sha256\$\$2[aby]\$" + BODY
    older = ()


class FlaskBcryptLong(_Prehashed):
    """Flask-Bcrypt with BCRYPT_HANDLE_LONG_PASSWORDS. It looks like plain bcrypt."""

    name = "flask-bcrypt-long"
    title = "bcrypt $2b$"


class Devise(Bcrypt):
    """Devise with a pepper, which follows the password; bcrypt-ruby cuts what is longer. It looks like `$2a$`."""

    name = "devise"
    title = "bcrypt $2a$"
    prefix = "$2a$"
    shape = r"\$2a\$" + BODY
    older = (r"\$2[by]\$" + BODY,)

    def __init__(self, rounds: int, pepper: str) -> None:
        super().__init__(rounds)
        self._pepper = pepper

    def secret(self, password: str) -> bytes:
        """Append the pepper."""
        return (password + self._pepper).encode()[:BCRYPT_BYTES]


class WordPress(Bcrypt):
    """WordPress from 6.8 on, which reads its older phpass hashes and PHP's own as well.

    Its forms put backslashes before quotes and backslashes (`wp_magic_quotes`), and its log-in hashes the password like
    that, trimmed.
    """

    name = "wordpress"
    title = "WordPress's bcrypt"
    length = 63
    prefix = "$wp$2y$"
    shape = r"\$wp\$2y\$" + BODY
    older = (r"\$2y\$" + BODY, r"\$P\$[./A-Za-z0-9]{31}")
    max_length = MAX_CHARACTERS
    max_length_unit = "characters"

    def secret(self, password: str) -> bytes:
        """Hash the password as the log-in gets it, with a fixed key."""
        posted = re.sub(r"(['\"\\])", r"\\\1", password.strip(" \t\n\r\0\x0b"))
        return b64encode(hmac.digest(b"wp-sha384", posted.encode(), "sha384"))


def is_bcrypt_of(secret: bytes, stored: str) -> bool:
    """Tell whether a hash is that of a secret; False also if the secret is too long, or the salt damaged."""
    try:
        return bcrypt.checkpw(secret, stored.encode())
    except ValueError:
        return False


def rounds_of(stored: str) -> int:
    """Return the cost of a hash that ends as bcrypt's do, or 0."""
    match = re.search(rf"\$2[aby]\$({BODY})\Z", stored, re.ASCII)
    return int(match[1][:2]) if match else 0


def body(hashed: str) -> str:
    """Return a hash without its first prefix."""
    return hashed.removeprefix("$2b$")
