"""The signed token in a reset link: issue and verify.

A token dies by itself, without a table of tokens, because it carries a fingerprint of what must not have changed:

- the stored password hash, so that it works once and a new password kills every other link;
- the stored mail address, so that a mailbox that was given up opens nothing;
- the key that signed it, so that a retired key takes its links along;
- the time of issue, so that it lives for RESET_TOKEN_MAX_AGE seconds and no longer.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeTimedSerializer

MAX_LENGTH = 1024  # A token has about 150 characters, more where user ids are long.
CLOCK_SKEW = 60  # Seconds that the worker's clock may be ahead of the API's.
# itsdangerous passes over what is no base64, and would take a token with anything added. The last character of its 43
# for a signature of 32 bytes has two bits that mean nothing: with any but zeros there, a token would have three twins.
_SHAPE = re.compile(r"[A-Za-z0-9_.-]*[AEIMQUYcgkosw048]")
_PURPOSE = "latchkey.reset-password"


class InvalidToken(Exception):
    """The token is forged, damaged, too old, or made for a state that is over."""


@dataclass(frozen=True)
class Claim:
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
        token = serializer.dumps([user_id, _fingerprint(key, user_id, password_hash, address)])
        return token if isinstance(token, str) else token.decode()

    def verify(self, token: str) -> Claim:
        """Check signature, shape and age, and return what the token says.

        Raises InvalidToken. The database is not asked: compare the claim with the user afterwards.
        """
        if len(token) > MAX_LENGTH or not _SHAPE.fullmatch(token):
            raise InvalidToken
        for key, serializer in self._pairs:
            try:
                payload, issued_at = serializer.loads(token, return_timestamp=True)
            except BadData:
                continue
            return self._claim(payload, issued_at, key)
        raise InvalidToken

    def _claim(self, payload: object, issued_at: datetime, key: str) -> Claim:
        age = self._clock() - issued_at.timestamp()
        if not -CLOCK_SKEW <= age <= self._max_age:
            raise InvalidToken
        match payload:
            case [str(user_id), str(fingerprint)]:
                return Claim(user_id, fingerprint, issued_at.astimezone(UTC) + timedelta(seconds=self._max_age), key)
        raise InvalidToken


def _serializer(key: str) -> URLSafeTimedSerializer:
    """Build the serializer of a single key; itsdangerous, given a list, would sign with the last of it."""
    options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeTimedSerializer(key, salt=_PURPOSE, signer_kwargs=options)


def _fingerprint(key: str, user_id: str, password_hash: str, address: str) -> str:
    """Hash the user's state under the signing key; lengths keep neighbouring fields apart."""
    state = "".join(f"{len(part)}:{part}" for part in (_PURPOSE, user_id, password_hash, address))
    return hmac.digest(key.encode(), state.encode(), hashlib.sha256).hex()[:40]
