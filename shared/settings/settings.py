"""Settings from environment variables: validated at start, frozen afterwards.

A setting's description does three jobs: it explains the field here, it is the hint in the error for a wrong value, and
a test compares it with the table in docs/settings.md.
"""

import re
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator
from redis import ConnectionPool
from redis.exceptions import RedisError

from shared.settings.branding import Branding
from shared.settings.database_url import DatabaseAddress
from shared.settings.environment import FromEnvironment
from shared.settings.random_key import EXAMPLE_SECRET, unpredictable
from shared.settings.redis_url import SentinelAddress
from shared.settings.sql_condition import checked_condition

MIN_SECRET_LENGTH = 32
MIN_UNPREDICTABLE = 12  # Characters of a key.

WithoutPassword = Literal["silent", "tell", "set"]
HashFormat = Literal["bcrypt", "bcrypt-2y", "django-bcrypt", "django-bcrypt-sha256"]


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


def _database_url(value: SecretStr) -> SecretStr:
    DatabaseAddress.parse(value.get_secret_value())
    return value


def _nonblank_name(value: str) -> str:
    if not value.strip() or "\x00" in value:
        raise ValueError("is empty")
    return value


SecretKeys = Annotated[tuple[SecretStr, ...], BeforeValidator(split_list), AfterValidator(_strong)]
Name = Annotated[str, AfterValidator(_nonblank_name)]

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


class Settings(Branding, KeySettings):
    """The settings that the API and the worker share."""

    database_url: Annotated[SecretStr, AfterValidator(_database_url)] = Field(
        description="The database that has the users table: `postgresql://user:password@host/name`, with several hosts "
        "and libpq's parameters if necessary, or `sqlite:////path/to/file`."
    )
    users_table: Name = Field(
        default="users", description="The name of the users table, with its schema if necessary: `schema.table`."
    )
    users_id_column: Name = Field(default="id", description="The column with the unique ids, which may be of any type.")
    users_email_column: Name = Field(default="email", description="The column with the email addresses.")
    users_password_column: Name = Field(default="password_hash", description="The column with the password hashes.")
    users_password_changed_column: str = Field(
        default="", description="A timestamp or date column that a reset sets to the current time (UTC). Empty: none."
    )
    users_name_column: str = Field(
        default="",
        description="A column with the name of the account, which emails then show. It tells several accounts with one "
        "address apart. Empty: none.",
    )
    users_locale_column: str = Field(
        default="",
        description="A column with the user's language, such as `fr` or `pt-BR`. Emails are then in this language "
        "instead of the language of the request. Empty: none.",
    )
    users_email_match: Literal["exact", "lower"] = Field(
        default="exact",
        description="How an address is looked up. `exact`: as it was typed, and in lower case. `lower`: in lower case "
        "on both sides, so stored capitals do not matter; this needs an index on `lower(email)`.",
    )
    users_without_password: WithoutPassword = Field(
        default="silent",
        description="What happens after a request for an account without a password. `silent`: nothing. `tell`: an "
        "email says how to sign in. `set`: an email has a link that sets the first password.",
    )
    users_filter: str = Field(
        default="",
        description="An SQL condition that a user must meet, both to get a link and to set a password: "
        "`is_active AND deleted_at IS NULL`.",
    )
    users_hash_format: HashFormat = Field(
        description=f"The format in which your application stores passwords: `{'`, `'.join(get_args(HashFormat))}`."
    )
    reset_token_max_age: MaxAge = 1800
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The lowest level that is logged: `DEBUG`, `INFO`, `WARNING` or `ERROR`."
    )

    @field_validator("users_filter")
    @classmethod
    def _one_condition(cls, value: str, info: ValidationInfo) -> str:
        url = info.data.get("database_url")
        return checked_condition(value, DatabaseAddress.parse(url.get_secret_value()).backend) if url else value

    @property
    def users_schema_and_table(self) -> tuple[str, str]:
        """The schema of the users table, empty if the database knows it, and its name."""
        schema, _, name = self.users_table.rpartition(".")
        return schema or DatabaseAddress.parse(self.database_url.get_secret_value()).schema, name
