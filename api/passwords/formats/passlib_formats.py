"""Formats of passlib and of its successor libpass."""

import hashlib
import hmac
import re
import secrets
from base64 import b64decode, b64encode

import bcrypt

from api.passwords.formats.bcrypt_formats import MAX_ROUNDS, is_bcrypt_of
from api.passwords.formats.hash_format import HashFormat
from api.passwords.formats.pbkdf2_formats import Pbkdf2


class PasslibPbkdf2Sha256(Pbkdf2):
    """passlib's `pbkdf2_sha256`: base64 with `.` for `+`, without padding."""

    name = "passlib-pbkdf2-sha256"
    title = "passlib's PBKDF2"
    length = 89
    shape = r"\$pbkdf2-sha256\$\d{1,10}\$[A-Za-z0-9./]{1,100}\$[A-Za-z0-9./]{43}"

    def verify(self, stored: str, password: str) -> bool:
        """Compute the hash again."""
        _, _, iterations, salt, _ = stored.split("$")
        return hmac.compare_digest(stored, self._written(password, int(iterations), _from_ab64(salt)))

    def hash(self, password: str, old: str = "") -> str:
        """Hash with a salt as long as passlib's."""
        return self._written(password, self.iterations(old), secrets.token_bytes(16))

    def _written(self, password: str, iterations: int, salt: bytes) -> str:
        digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
        return f"$pbkdf2-sha256${iterations}${_to_ab64(salt)}${_to_ab64(digest)}"


class PasslibBcryptSha256(HashFormat):
    """passlib's `bcrypt_sha256`, version 2: bcrypt over an HMAC-SHA256 of the password under the salt's text."""

    name = "passlib-bcrypt-sha256"
    title = "passlib's bcrypt over SHA-256"
    length = 83
    shape = r"\$bcrypt-sha256\$v=2,t=2b,r=\d{1,2}\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{31}"

    def __init__(self, rounds: int) -> None:
        self._rounds = rounds

    def is_bearable(self, stored: str) -> bool:
        """Look at the cost."""
        return _passlib_rounds(stored) <= MAX_ROUNDS

    def verify(self, stored: str, password: str) -> bool:
        """Compute the hash again."""
        salt, checksum = stored.split("$")[-2:]
        return is_bcrypt_of(_keyed(password, salt), f"$2b${_passlib_rounds(stored):02}${salt}{checksum}")

    def hash(self, password: str, old: str = "") -> str:
        """Hash the keyed password with the salt that is its key."""
        found = _passlib_rounds(old)
        rounds = max(self._rounds, found) if found <= MAX_ROUNDS else self._rounds
        setting = bcrypt.gensalt(rounds)
        salt = setting.decode()[-22:]
        checksum = bcrypt.hashpw(_keyed(password, salt), setting).decode()[-31:]
        return f"$bcrypt-sha256$v=2,t=2b,r={rounds}${salt}${checksum}"


def _keyed(password: str, salt: str) -> bytes:
    return b64encode(hmac.digest(salt.encode(), password.encode(), "sha256"))


def _passlib_rounds(stored: str) -> int:
    match = re.search(r",r=(\d+)\$", stored)
    return int(match[1]) if match else 0


def _to_ab64(value: bytes) -> str:
    return b64encode(value).decode().rstrip("=").replace("+", ".")


def _from_ab64(text: str) -> bytes:
    return b64decode(text.replace(".", "+") + "=" * (-len(text) % 4))
