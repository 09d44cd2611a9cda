"""Settings from environment variables: validated at start, frozen afterwards.

A setting's description does three jobs: it explains the field here, it is the hint in the error for a wrong value, and
a test compares it with the table in docs/settings.md.
"""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from redis import ConnectionPool
from redis.exceptions import RedisError

from shared.settings.branding import Branding
from shared.settings.environment import FromEnvironment
from shared.settings.hashes import HashSettings
from shared.settings.random_key import EXAMPLE_SECRET, unpredictable
from shared.settings.redis_url import SentinelAddress

MIN_SECRET_LENGTH = 32
MIN_UNPREDICTABLE = 12  # Characters of a key.


def split_list(value: object) -> object:
    """Split a setting of several values at its commas."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _strong(keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    texts = [key.get_secret_value() for key in keys]
    if EXAMPLE_SECRET in texts:
        raise ValueError("is the example of .env.example, which everybody knows")
    if not texts or min(map(len, texts)) < MIN_SECRET_LENGTH:
        raise ValueError(f"is shorter than {MIN_SECRET_LENGTH} characters")
    if min(map(unpredictable, texts)) < MIN_UNPREDICTABLE:
        raise ValueError("is not random: it consists of sequences, repeats, or parts of an example")
    if len(set(texts)) < len(texts):
        raise ValueError("holds the same key twice")
    return keys


def _redis_url(value: SecretStr) -> SecretStr:
    """Refuse an address that would fail later in the client, broker or limiter, with the password in the message."""
    url = value.get_secret_value()
    if url.startswith("rediss+sentinel://"):
        raise ValueError("asks for TLS through Sentinel, which is not supported")
    try:
        if SentinelAddress.parse(url):
            return value
    except ValueError:
        raise ValueError("is not an address of sentinels (a password in it must be percent-encoded)") from None
    try:
        parts = urlsplit(url)
        readable = parts.hostname is not None and parts.port != 0
        # Parses the parameters without connecting.
        ConnectionPool.from_url(url).make_connection()
    except (ValueError, TypeError, RedisError):
        readable = False
    if not readable or parts.scheme not in {"redis", "rediss"} or not re.fullmatch(r"/?\d{0,4}", parts.path):
        raise ValueError("is not a Redis address (a password in it must be percent-encoded)")
    return value


SecretKeys = Annotated[tuple[SecretStr, ...], BeforeValidator(split_list), AfterValidator(_strong)]

MaxAge = Annotated[
    int, Field(ge=60, le=86400, description="How long a link is valid, in seconds: 60 to 86400 (a day).")
]


class RedisSettings(FromEnvironment):
    """The address of Redis, which is all that Flower needs."""

    redis_url: Annotated[SecretStr, AfterValidator(_redis_url)] = Field(
        description="Redis 7.0 or Valkey 8, or a later version, with a database of its own: "
        "`redis://host:6379/0`, `rediss://` for TLS, or "
        "`redis+sentinel://host:26379,host,host/NAME/0` for the master that Sentinel calls NAME."
    )


class KeySettings(RedisSettings):
    """The address of Redis and the secret keys, which are all that reading the history of an address needs."""

    secret_key: SecretKeys = Field(
        description="The key that signs the links: 32 or more random characters, for example from `python3 -c "
        "'import secrets; print(secrets.token_urlsafe(48))'`. You may give several keys, "
        "separated by commas: the first one signs, and all of them verify."
    )


class Settings(Branding, HashSettings, KeySettings):
    """The settings that the API and the worker share."""

    reset_token_max_age: MaxAge = 1800
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The lowest level that is logged: `DEBUG`, `INFO`, `WARNING` or `ERROR`."
    )
