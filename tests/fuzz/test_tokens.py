"""Forgery: only tokens that were issued are valid, character for character."""

import hashlib
import json
import time
import zlib
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import Signer, TimestampSigner, URLSafeSerializer, URLSafeTimedSerializer

from shared.tokens import InvalidToken, Tokens

KEYS = ["the-new-signing-key-of-these-tests-4567", "the-old-signing-key-of-these-tests-0123"]
MAX_AGE = 1800
PURPOSE = "latchkey.reset-password"
URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
TOKENS = Tokens(KEYS, MAX_AGE)
# For several users, under both keys; itsdangerous compresses the payload with the long id.
ISSUED = [
    Tokens([key], MAX_AGE).issue(user, "$2b$04$hash", "ada@example.com")
    for key in KEYS
    for user in ("1", "42", "\u00fc" * 9, "7" * 200)
]

issued = st.sampled_from(ISSUED)
places = st.integers(0, max(map(len, ISSUED))) | st.integers(-4, -1)
signs = st.sampled_from(URL_SAFE + ".=+/ \n\x00\u00e9") | st.characters()


def flip(token: str, place: int, bit: int) -> str:
    place %= len(token)
    return token[:place] + chr(ord(token[place]) ^ (1 << bit)) + token[place + 1 :]


def replace(token: str, place: int, sign: str) -> str:
    place %= len(token) or 1
    return token[:place] + sign + token[place + 1 :]


def insert(token: str, place: int, text: str) -> str:
    return token[:place] + text + token[place:]


def cut(token: str, begin: int, end: int) -> str:
    return token[:begin] + token[end:]


def splice(one: str, other: str, place: int, elsewhere: int) -> str:
    return one[:place] + other[elsewhere:]


def mix(tokens: list[str], order: list[int]) -> str:
    """Combine the segments of several tokens: payloads, timestamps and signatures in any order."""
    segments = [segment for token in tokens for segment in token.split(".")]
    return ".".join(segments[number % len(segments)] for number in order)


def recode(token: str, number: int, way: Any) -> str:
    """Re-encode a segment in another form of base64."""
    segments = token.split(".")
    number %= len(segments)
    raw = urlsafe_b64decode(segments[number] + "=" * (-len(segments[number]) % 4))
    segments[number] = way(raw)
    return ".".join(segments)


WAYS = [
    lambda raw: urlsafe_b64encode(raw).decode(),
    lambda raw: b64encode(raw).decode(),
    lambda raw: b64encode(raw).decode().rstrip("="),
    lambda raw: raw.hex(),
    lambda raw: urlsafe_b64encode(raw + b"\x00").decode().rstrip("="),
    lambda raw: urlsafe_b64encode(b"\x00" + raw).decode().rstrip("="),
    lambda raw: "." + urlsafe_b64encode(zlib.compress(raw)).decode().rstrip("="),
]
mutated = st.one_of(
    st.builds(flip, issued, places, st.integers(0, 7)),
    st.builds(replace, issued, places, signs),
    st.builds(insert, issued, places, st.text(signs, max_size=4)),
    st.builds(cut, issued, places, places),
    st.builds(splice, issued, issued, places, places),
    st.builds(mix, st.lists(issued, min_size=1, max_size=3), st.lists(st.integers(0, 12), min_size=1, max_size=5)),
    st.builds(recode, issued, st.integers(0, 3), st.sampled_from(WAYS)),
)
twice_mutated = st.builds(replace, mutated, places, signs) | st.builds(insert, mutated, places, signs)
texts = st.text(st.characters()) | st.lists(st.text(URL_SAFE, max_size=50), max_size=4).map(".".join)

payloads = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=20), st.lists, max_leaves=4)
SIGNED_ALIKE = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
GENUINE = URLSafeTimedSerializer(KEYS[0], salt=PURPOSE, signer_kwargs=SIGNED_ALIKE).loads(ISSUED[0])
claims = st.just(GENUINE) | payloads
digests = [hashlib.sha256, hashlib.sha1, hashlib.sha512, hashlib.md5]
derivations = ["hmac", "django-concat", "concat", "none"]
salts = st.sampled_from([PURPOSE, "itsdangerous", "", "latchkey.hash", PURPOSE.upper(), PURPOSE + "signer"])
weak_keys = st.sampled_from(["", "none", PURPOSE, KEYS[0][:-1], KEYS[0].upper(), ",".join(KEYS)])


def accepted(token: str) -> bool:
    try:
        TOKENS.verify(token)
    except InvalidToken:
        return False
    return True


def serialised(key: str, salt: str, payload: Any, digest: Any, derivation: str) -> str:
    options = {"key_derivation": derivation, "digest_method": digest}
    return str(URLSafeTimedSerializer(key, salt=salt, signer_kwargs=options).dumps(payload))


def test_the_tokens_to_be_forged_are_valid() -> None:
    assert all(map(accepted, ISSUED))
    assert accepted(serialised(KEYS[0], PURPOSE, GENUINE, hashlib.sha256, "hmac"))


@given(texts | mutated | twice_mutated)
def test_what_is_accepted_was_issued_character_for_character(token: str) -> None:
    assert accepted(token) is (token in ISSUED)


@given(weak_keys | st.text(max_size=50), salts, claims, st.sampled_from(digests), st.sampled_from(derivations))
def test_what_another_key_signed_is_refused(key: str, salt: str, payload: Any, digest: Any, derivation: str) -> None:
    assert not accepted(serialised(key, salt, payload, digest, derivation))


@given(
    st.sampled_from(KEYS),
    salts | st.text(max_size=30),
    claims,
    st.sampled_from(digests),
    st.sampled_from(derivations),
)
def test_what_the_key_signed_in_another_way_or_for_another_purpose_is_refused(
    key: str, salt: str, payload: Any, digest: Any, derivation: str
) -> None:
    as_tokens_are_signed = (salt, digest, derivation) == (PURPOSE, hashlib.sha256, "hmac")
    of_their_shape = isinstance(payload, list) and list(map(type, payload)) == [str, str]

    assert not accepted(serialised(key, salt, payload, digest, derivation)) or (as_tokens_are_signed and of_their_shape)


@given(st.sampled_from(KEYS), st.sampled_from([URLSafeSerializer, Signer, TimestampSigner]), salts)
def test_what_another_serialiser_signed_with_the_key_is_refused(key: str, kind: Any, salt: str) -> None:
    if kind is URLSafeSerializer:
        token = kind(key, salt=salt, signer_kwargs=SIGNED_ALIKE).dumps(GENUINE)
    else:
        token = kind(key, salt=salt, **SIGNED_ALIKE).sign(json.dumps(GENUINE)).decode()

    assert not accepted(token)


@given(st.floats(-1e9, 1e9), issued)
def test_a_token_is_only_valid_during_its_lifetime(seconds: float, token: str) -> None:
    clock = Tokens(KEYS, MAX_AGE).verify(token).expires_at.timestamp() - MAX_AGE + seconds
    try:
        Tokens(KEYS, MAX_AGE, clock=lambda: clock).verify(token)
    except InvalidToken:
        assert not 0 <= seconds <= MAX_AGE
    else:
        assert -60 <= seconds <= MAX_AGE


def test_these_tests_take_less_time_than_the_tokens_live() -> None:
    assert TOKENS.verify(ISSUED[0]).expires_at.timestamp() > time.time()
