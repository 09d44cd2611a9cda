"""The signed token in a reset link: issue and verify.

A token dies by itself, without a table of tokens, because it carries a fingerprint of what must not have changed:

- the stored password hash, so that it works once and a new password kills every other link;
- the stored mail address, so that a mailbox that was given up opens nothing;
- the key that signed it, so that a retired key takes its links along;
- the time of issue, so that it lives for RESET_TOKEN_MAX_AGE seconds and no longer.

The id of the user is masked: it often counts the accounts, and base64 is read by everybody who sees the link.
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

MAX_LENGTH = 1024  # A token has about 150 characters, more where user ids are long.
CLOCK_SKEW = 60  # Seconds that the worker's clock may be ahead of the API's.
# itsdangerous passes over what is no base64, and would take a token with anything added. And base64 reads four bits of
# six of a signature's last letter: of four spellings only the one that is written may be read (RFC 4648, 3.5).
_SHAPE = re.compile(r"[A-Za-z0-9_.-]+[AEIMQUYcgkosw048]")
# Raised for a bad signature, and for a good one whose time is in no calendar, or that holds no id.
_UNREADABLE = (BadData, ValueError, OverflowError, OSError)
_PURPOSE = "latchkey.reset-password"
_ID_LENGTH = 16  # Bytes. Shorter ids are filled up: how many digits an id has tells how many accounts there are.


class InvalidToken(Exception):
    """The token is forged, damaged, too old, or made for a state that is over."""


@dataclass(frozen=True)
class TokenClaims:
    """What a genuine token says: whom it is for, and the state it was made for."""

    user_id: str
    fingerprint: str
    expires_at: datetime
    key: str

    def holds_for(self, password_hash: str, address: str) -> bool:
        """Tell in constant time whether the user's hash and address are still those the token was made for."""
        return hmac.compare_digest(self.fingerprint, _fingerprint(self.key, self.user_id, password_hash, address))


class Tokens:
    """Issues and verifies reset tokens under one or several keys."""

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
    """Never compresses: itsdangerous would begin such a token with a dot, which pages and mail programs lose."""

    def dump_payload(self, obj: object) -> bytes:
        return base64_encode(self.serializer.dumps(obj))


def _serializer(key: str) -> URLSafeTimedSerializer:
    """Build the serializer of a single key; itsdangerous, given a list, would sign with the last of it."""
    options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return _Serializer(key, salt=_PURPOSE, signer_kwargs=options)


def _fingerprint(key: str, user_id: str, password_hash: str, address: str) -> str:
    """Hash the user's state under the signing key; lengths keep neighbouring fields apart."""
    state = "".join(f"{len(part)}:{part}" for part in (_PURPOSE, user_id, password_hash, address))
    return hmac.digest(key.encode(), state.encode(), hashlib.sha256).hex()[:40]


def _mask(key: str, fingerprint: str, text: bytes) -> bytes:
    """Add a stream that only the key can make; a fingerprint stands for one id, so no two ids share a stream."""
    seed = hmac.digest(key.encode(), f"latchkey.user-id:{fingerprint}".encode(), hashlib.sha256)
    stream = hashlib.shake_256(seed).digest(len(text))
    return bytes(mine ^ theirs for mine, theirs in zip(text, stream, strict=True))
