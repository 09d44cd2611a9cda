"""Spring Security's delegating format: the name of an encoder in braces, and what that encoder writes.

Only the encoders of its current release are known; see `PasswordEncoderFactories` and the encoders' `_v5_8` defaults.
"""

import hashlib
import hmac
import re
import secrets
from base64 import b64decode, b64encode

from api.passwords.formats.argon2_formats import Argon2Cost, Argon2id
from api.passwords.formats.bcrypt_formats import BCRYPT_BYTES, BODY, Bcrypt2a
from api.passwords.formats.hash_format import HashFormat
from api.passwords.formats.scrypt_formats import ScryptCost


class Spring(HashFormat):
    """The four encoders. A new hash is written by the one that wrote the old hash, else by bcrypt, Spring's default."""

    name = "spring"
    title = "Spring's, with its name in braces"
    length = 125
    max_length = BCRYPT_BYTES  # bcrypt's limit holds for all encoders: everybody is told the same one.
    max_length_unit = "bytes"

    def __init__(self, rounds: int) -> None:
        self._encoders: dict[str, HashFormat] = {
            "{bcrypt}": _Bcrypt(rounds),
            "{argon2@SpringSecurity_v5_8}": _Argon2(),
            "{pbkdf2@SpringSecurity_v5_8}": _Pbkdf2(),
            "{scrypt@SpringSecurity_v5_8}": _Scrypt(),
        }

    def has_shape(self, stored: str) -> bool:
        """Ask the encoder that is named."""
        _, encoder, text = self._split(stored)
        return encoder is not None and encoder.has_shape(text)

    def replaces(self, stored: str) -> bool:
        """Require the shape."""
        return self.has_shape(stored)

    def is_bearable(self, stored: str) -> bool:
        """Ask the encoder."""
        _, encoder, text = self._split(stored)
        return encoder is not None and encoder.is_bearable(text)

    def memory(self, old: str) -> int:
        """Ask the encoder."""
        _, encoder, text = self._split(old)
        return encoder.memory(text) if encoder else 0

    def verify(self, stored: str, password: str) -> bool:
        """Ask the encoder."""
        _, encoder, text = self._split(stored)
        return encoder is not None and encoder.verify(text, password)

    def hash(self, password: str, old: str = "") -> str:
        """Let the encoder write."""
        name, encoder, text = self._split(old)
        if encoder is None:
            name, encoder, text = "{bcrypt}", self._encoders["{bcrypt}"], ""
        return name + encoder.hash(password, text)

    def _split(self, stored: str) -> tuple[str, HashFormat | None, str]:
        end = stored.find("}") + 1
        return stored[:end], self._encoders.get(stored[:end]), stored[end:]


class _Bcrypt(Bcrypt2a):
    """Writes `$2a$`, as Spring does, which reads all three."""

    shape = r"\$2[aby]\$" + BODY


class _Argon2(Argon2id):
    usual = Argon2Cost(19_456, 2, 1)


class _Pbkdf2(HashFormat):
    """Its iterations are fixed, and below OWASP's minimum: they are not stored, so that others could not be read."""

    shape = r"[0-9a-f]{96}"
    iterations, salt_length = 310_000, 16

    def verify(self, stored: str, password: str) -> bool:
        return hmac.compare_digest(stored, self._written(password, bytes.fromhex(stored)[: self.salt_length]))

    def hash(self, password: str, old: str = "") -> str:  # noqa: ARG002 - it has no parameters
        return self._written(password, secrets.token_bytes(self.salt_length))

    def _written(self, password: str, salt: bytes) -> str:
        return (salt + hashlib.pbkdf2_hmac("sha256", password.encode(), salt, self.iterations)).hex()


class _Scrypt(HashFormat):
    """The parameters are hexadecimal digits: the exponent of n, then r and p with two digits each."""

    shape = r"\$[0-9a-f]{5,8}\$[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}="
    usual = ScryptCost(2**16, 8, 1).raised()

    def is_bearable(self, stored: str) -> bool:
        return self._cost(stored).is_bearable

    def memory(self, old: str) -> int:
        return self._cost(old).raised().memory

    def verify(self, stored: str, password: str) -> bool:
        salt = b64decode(stored.split("$")[2])
        return hmac.compare_digest(stored, self._written(password, self._cost(stored), salt))

    def hash(self, password: str, old: str = "") -> str:
        return self._written(password, self._cost(old).raised(), secrets.token_bytes(16))

    def _written(self, password: str, cost: ScryptCost, salt: bytes) -> str:
        parameters = (cost.n.bit_length() - 1) << 16 | cost.r << 8 | cost.p
        digest = cost.computed(password.encode(), salt, 32)
        return f"${parameters:x}${b64encode(salt).decode()}${b64encode(digest).decode()}"

    def _cost(self, stored: str) -> ScryptCost:
        match = re.match(r"\$([0-9a-f]+)\$", stored)
        if not match:
            return self.usual
        parameters = int(match[1], 16)
        return ScryptCost(1 << min(parameters >> 16, 64), parameters >> 8 & 255, parameters & 255)
