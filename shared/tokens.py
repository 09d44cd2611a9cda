"""The signed token in a reset link: issue and verify.

There is no table of tokens. A token is bound to things that must not change, and dies when one of them does:

- the stored password hash, so that it works once and a new password invalidates every other link;
- the stored email address, so that a link sent to a former address no longer works;
- the key that signed it, so that retiring a key invalidates its links;
- the time of issue, so that it works for at most RESET_TOKEN_MAX_AGE seconds.

The user's id is masked. Anybody who sees a link can decode its base64, and an id often reveals the number of accounts.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeTimedSerializer, base64_decode, base64_encode

MAX_LENGTH = 1024  # A token has about 150 characters, more if user ids are long.
CLOCK_SKEW = 60  # Seconds that the worker's clock may be ahead of the API's.
# Each token has exactly one valid spelling. itsdangerous would also accept it with added characters outside base64. And
# only four of the six bits of a signature's last letter count, so four letters there mean the same. Only the one whose
# other two bits are zero is valid (RFC 4648, 3.5).
_SHAPE = re.compile(r"[A-Za-z0-9_.-]+[AEIMQUYcgkosw048]")
# Raised for a bad signature, and for a good one with an impossible time or without an id.
_UNREADABLE = (BadData, ValueError, OverflowError, OSError)
_PURPOSE = "latchkey.reset-password"
_ID_LENGTH = 16  # Bytes. Shorter ids are padded: the length of an id tells how many accounts there are.


class InvalidToken(Exception):
    """The token is forged, damaged or too old, or the user has changed since it was issued."""


@dataclass(frozen=True)
class TokenClaims:
    """The content of a genuine token: its user, and that user's state when it was issued."""

    user_id: str
    fingerprint: str
    expires_at: datetime
    key: str

    def holds_for(self, password_hash: str, address: str) -> bool:
        """Tell in constant time whether the user's hash and address are still those the token was issued for."""
        return hmac.compare_digest(self.fingerprint, _fingerprint(self.key, self.user_id, password_hash, address))


class Tokens:
    """Issues and verifies reset tokens with one or several keys."""

    def __init__(self, keys: Sequence[str], max_age: int, clock: Callable[[], float] = time.time) -> None:
        self._pairs = [(key, _serializer(key)) for key in keys]
        self._max_age = max_age
        self._clock = clock

    def issue(self, user_id: str, password_hash: str, address: str) -> str:
        """Return a token for the user, signed with the first key."""
        key, serializer = self._pairs[0]
        fingerprint = _fingerprint(key, user_id, password_hash, address)
        masked = _mask(key, fingerprint, user_id.encode().ljust(_ID_LENGTH, b"\x00"))
        token = serializer.dumps([base64_encode(masked).decode(), fingerprint])
        return token if isinstance(token, str) else token.decode()

    def verify(self, token: str) -> TokenClaims:
        """Check signature, shape and age, and return what the token says.

        Raises InvalidToken. The database is not asked: compare the claims with the user afterwards.
        """
        if len(token) > MAX_LENGTH or not _SHAPE.fullmatch(token):
            raise InvalidToken
        for key, serializer in self._pairs:
            with suppress(*_UNREADABLE):
                payload, issued_at = serializer.loads(token, return_timestamp=True)
                return self._claims(payload, issued_at, key)
        raise InvalidToken

    def _claims(self, payload: object, issued_at: datetime, key: str) -> TokenClaims:
        age = self._clock() - issued_at.timestamp()
        if not -CLOCK_SKEW <= age <= self._max_age:
            raise InvalidToken
        match payload:
            case [str(masked), str(fingerprint)]:
                expires_at = issued_at.astimezone(UTC) + timedelta(seconds=self._max_age)
                user_id = _mask(key, fingerprint, base64_decode(masked)).rstrip(b"\x00").decode()
                return TokenClaims(user_id, fingerprint, expires_at, key)
        raise InvalidToken


class _Serializer(URLSafeTimedSerializer):
    """Never compresses, because a compressed token begins with a dot, which pages and mail programs drop."""

    def dump_payload(self, obj: object) -> bytes:
        return base64_encode(self.serializer.dumps(obj))


def _serializer(key: str) -> URLSafeTimedSerializer:
    """Build a serializer with a single key; given a list, itsdangerous would sign with the last one."""
    options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return _Serializer(key, salt=_PURPOSE, signer_kwargs=options)


def _fingerprint(key: str, user_id: str, password_hash: str, address: str) -> str:
    """Hash the user's state with the signing key; length prefixes keep neighbouring fields apart."""
    state = "".join(f"{len(part)}:{part}" for part in (_PURPOSE, user_id, password_hash, address))
    return hmac.digest(key.encode(), state.encode(), hashlib.sha256).hex()[:40]


def _mask(key: str, fingerprint: str, text: bytes) -> bytes:
    """XOR the text with a key stream; a fingerprint belongs to one id, so no two ids share a stream."""
    seed = hmac.digest(key.encode(), f"latchkey.user-id:{fingerprint}".encode(), hashlib.sha256)
    stream = hashlib.shake_256(seed).digest(len(text))
    return bytes(mine ^ theirs for mine, theirs in zip(text, stream, strict=True))
