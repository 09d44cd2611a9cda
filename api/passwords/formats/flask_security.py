"""Flask-Security's format: argon2 or bcrypt over an HMAC-SHA512 of the password. It looks like either of them."""

import hmac
import unicodedata
from base64 import b64encode

from api.passwords.formats.argon2_formats import Argon2id
from api.passwords.formats.bcrypt_formats import BCRYPT_BYTES, Bcrypt
from api.passwords.formats.hash_format import HashFormat


class FlaskSecurity(HashFormat):
    """`flask_security.hash_password`. The key is SECURITY_PASSWORD_SALT.

    A new hash is written with the scheme of the old one, else with argon2, the default.
    """

    name = "flask-security"
    title = "argon2id or bcrypt $2b$"
    length = 97

    def __init__(self, rounds: int, key: str) -> None:
        self._key = key.encode()
        self._argon2, self._bcrypt = Argon2id(), Bcrypt(rounds)

    def has_shape(self, stored: str) -> bool:
        """Ask both schemes."""
        return self._scheme(stored).has_shape(stored)

    def replaces(self, stored: str) -> bool:
        """Ask both schemes."""
        return self._scheme(stored).replaces(stored)

    def is_bearable(self, stored: str) -> bool:
        """Ask the scheme."""
        return self._scheme(stored).is_bearable(stored)

    def memory(self, old: str) -> int:
        """Ask the scheme."""
        return self._scheme(old).memory(old)

    def verify(self, stored: str, password: str) -> bool:
        """Ask the scheme."""
        return self._scheme(stored).verify(stored, self._keyed(password, stored))

    def hash(self, password: str, old: str = "") -> str:
        """Let the scheme write."""
        return self._scheme(old).hash(self._keyed(password, old), old)

    def _scheme(self, stored: str) -> HashFormat:
        return self._bcrypt if stored.startswith("$2") else self._argon2

    def _keyed(self, password: str, stored: str) -> str:
        """Return the text that the scheme hashes; bcrypt reads its beginning. Its forms normalise passwords first."""
        normal = unicodedata.normalize("NFKD", password).encode()
        digest = b64encode(hmac.digest(self._key, normal, "sha512")).decode()
        return digest[:BCRYPT_BYTES] if stored.startswith("$2") else digest
