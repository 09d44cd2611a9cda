"""Token forgeries, and assertions that they have no effect."""

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import TimestampSigner, URLSafeSerializer, URLSafeTimedSerializer

from shared.outbox.jobs import hash_keys
from shared.settings.settings import KeySettings
from tests.attacks.target import DEAD, Target
from tests.support.service import SECRET

PURPOSE = "latchkey.reset-password"
MAX_AGE = 1800  # Seconds. RESET_TOKEN_MAX_AGE unless a test sets something else.
ANNA = "anna@example.com"
Forge = Callable[[str], Any]
HASH_KEY = hash_keys(KeySettings.load({"SECRET_KEY": SECRET, "REDIS_URL": "redis://localhost"}))[0].hex()


def sign(payload: Any, *, key: str = SECRET, salt: str = PURPOSE, later: float = 0, **options: Any) -> str:
    """Sign as a worker does, with a clock that many seconds ahead, or with another key, purpose or method."""

    class Clock(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time.time() + later)

    method = {"key_derivation": "hmac", "digest_method": hashlib.sha256} | options
    return str(URLSafeTimedSerializer(key, salt=salt, signer=Clock, signer_kwargs=method).dumps(payload))


def payload_of(token: str, key: str = SECRET) -> Any:
    """Return the payload of a genuine token, so that a forged one differs only in what its test is about."""
    method = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeTimedSerializer(key, salt=PURPOSE, signer_kwargs=method).loads(token)


def base64(data: Any) -> str:
    """Encode bytes, or any other value as JSON, the way tokens are encoded."""
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return urlsafe_b64encode(data).decode().rstrip("=")


@contextmanager
def nothing_comes_of_it(target: Target) -> Iterator[None]:
    """Assert that the block changes no row, sends no email and logs nothing."""
    before = _seen(target)
    yield
    assert _seen(target) == before


def refuse(target: Target, token: Any) -> None:
    """Assert that checking and using a token both fail, and that neither has any effect."""
    with nothing_comes_of_it(target):
        assert [target.check(token).outcome, target.reset(token).outcome] == [DEAD, DEAD]


def _seen(target: Target) -> tuple[Any, ...]:
    target.settle()
    # Celery logs that it is ready some time after it is, and the probes run beside the requests.
    beside = ('"logger": "celery', '"logger": "shared.probes"')
    lines = [line for line in target.logs().splitlines() if not any(logger in line for logger in beside)]
    return target.sql("SELECT * FROM users ORDER BY id"), len(target.mails), lines


def jwt(algorithm: str, token: str, signature: str = "") -> str:
    head = f"{base64({'alg': algorithm, 'typ': 'JWT'})}.{base64({'sub': payload_of(token), 'exp': 2**40})}"
    if algorithm == "HS256":
        signature = base64(hmac.digest(SECRET.encode(), head.encode(), hashlib.sha256))
    return f"{head}.{signature}"


def flask_session(token: str) -> str:
    app = Flask("the-application")
    app.secret_key = SECRET
    cookies = SecureCookieSessionInterface().get_signing_serializer(app)
    assert cookies is not None
    return str(cookies.dumps(payload_of(token)))


def unsigned(token: str) -> str:
    return token.rpartition(".")[0]


FORGED: dict[str, Forge] = {
    # The same key, another purpose: the application's own tokens, and other things Latchkey derives from its key.
    "itsdangerous' default salt": lambda token: URLSafeTimedSerializer(SECRET).dumps(payload_of(token)),
    "itsdangerous without a time": lambda token: URLSafeSerializer(SECRET, salt=PURPOSE).dumps(payload_of(token)),
    "the application's confirmation of an address": lambda token: sign(payload_of(token), salt="email-confirm"),
    "the application's own reset": lambda token: sign(payload_of(token), salt="reset-salt", digest_method=hashlib.sha1),
    "Flask's session cookie": flask_session,
    "a later purpose of Latchkey's": lambda token: sign(payload_of(token), salt="latchkey.change-address"),
    "the key that hashes addresses": lambda token: sign(payload_of(token), key=HASH_KEY),
    "an empty purpose": lambda token: sign(payload_of(token), salt=""),
    # Another signing method.
    "SHA-1": lambda token: sign(payload_of(token), digest_method=hashlib.sha1),
    "MD5": lambda token: sign(payload_of(token), digest_method=hashlib.md5),
    "SHA-512": lambda token: sign(payload_of(token), digest_method=hashlib.sha512),
    "a key that is not derived": lambda token: sign(payload_of(token), key_derivation="none"),
    "a key derived as by default": lambda token: sign(payload_of(token), key_derivation="django-concat"),
    "JWT, alg none": lambda token: jwt("none", token),
    "JWT, alg None": lambda token: jwt("None", token),
    "JWT, alg none, somebody's signature": lambda token: jwt("none", token, token.rpartition(".")[2]),
    "JWT, HS256 by our key": lambda token: jwt("HS256", token),
    # No valid signature at all.
    "no signature": unsigned,
    "an empty signature": lambda token: unsigned(token) + ".",
    "a signature of zeros": lambda token: unsigned(token) + "." + "A" * 43,
    "neither time nor signature": lambda token: token.split(".")[0],
    "SHA-256 without a key": lambda token: (
        f"{unsigned(token)}.{base64(hashlib.sha256(unsigned(token).encode()).digest())}"
    ),
    "no key": lambda token: sign(payload_of(token), key=""),
    "the key of .env.example": lambda token: sign(
        payload_of(token), key="replace-me-with-32-or-more-random-characters"
    ),
}

ALTERED: dict[str, Forge] = {
    "other case": lambda token: token.swapcase(),
    "upper case": lambda token: token.upper(),
    "a blank in front": lambda token: " " + token,
    "a line end behind": lambda token: token + "\n",
    "no-break space behind": lambda token: token + "\u00a0",
    "zero-width space inside": lambda token: token[:9] + "\u200b" + token[9:],
    "percent-encoded": lambda token: token.replace(".", "%2E"),
    "percent-encoded as a whole": lambda token: "".join(f"%{ord(letter):02X}" for letter in token),
    "padded": lambda token: token + "=",
    "standard base64": lambda token: token[:-1] + "+",
    "NUL behind": lambda token: token + "\x00",
    "NUL inside": lambda token: token.replace(".", "\x00.", 1),
    "dots of another script": lambda token: token.replace(".", "\uff0e"),
    "letters of another script": lambda token: token.replace("I", "\u0406").replace("a", "\u0430"),
    "twice": lambda token: token + token,
    "one more part": lambda token: token + ".AAAA",
    "one more dot": lambda token: token.replace(".", "..", 1),
    "the first letter missing": lambda token: token[1:],
    "the last letter missing": lambda token: token[:-1],
    "as if compressed": lambda token: "." + token,
    "with its link": lambda token: "https://www.example.org/reset-password#token=" + token,
    "as JSON in a string": lambda token: json.dumps({"token": token}),
    "as a repr of bytes": lambda token: repr(token.encode()),
}

OF_ANOTHER_TYPE: dict[str, Forge] = {
    "null": lambda _: None,
    "true": lambda _: True,
    "zero": lambda _: 0,
    "a number": lambda _: 1e308,
    "empty": lambda _: "",
    "a list": lambda token: [token],
    "an object": lambda token: {"token": token},
    "an operator": lambda _: {"$ne": None},
    "a pattern": lambda _: {"$regex": "^"},
    "too long": lambda token: token + "A" * 1024,
    "as bytes": lambda token: list(token.encode()),
}
