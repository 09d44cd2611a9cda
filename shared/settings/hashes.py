"""The settings of stored password hashes."""

from typing import Literal, get_args

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from shared.settings.users_table import UsersTableSettings

AUTO: Literal["auto"] = "auto"
HashFormatName = Literal[
    "auto",
    "bcrypt",
    "bcrypt-2a",
    "bcrypt-2y",
    "argon2id",
    "django-pbkdf2",
    "django-argon2",
    "django-scrypt",
    "django-bcrypt",
    "django-bcrypt-sha256",
    "werkzeug-scrypt",
    "werkzeug-pbkdf2",
    "flask-bcrypt-long",
    "flask-security",
    "passlib-pbkdf2-sha256",
    "passlib-bcrypt-sha256",
    "devise",
    "spring",
    "aspnet-v3",
    "wordpress",
    "better-auth",
]
WITH_SECRET = ("devise", "flask-security")


class HashSettings(UsersTableSettings):
    """How the application stores passwords."""

    users_hash_format: HashFormatName = Field(
        default=AUTO,
        description="The format in which your application stores passwords. `auto`: each new hash is written in the "
        f"format of the one that it replaces. Or one of: `{'`, `'.join(get_args(HashFormatName)[1:])}`.",
    )
    users_hash_secret: SecretStr = Field(
        default=SecretStr(""),
        validate_default=True,
        description="The secret that your application adds to each password: Devise's `pepper` for `devise`, "
        "`SECURITY_PASSWORD_SALT` for `flask-security`. Other formats have none.",
    )
    users_hash_replace: bool = Field(
        default=False,
        description="Whether the format that USERS_HASH_FORMAT names also replaces hashes of other formats: `true` if "
        "your application reads them all, else `false`.",
    )

    @field_validator("users_hash_secret")
    @classmethod
    def _of_the_format(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        name = info.data.get("users_hash_format")
        if name in WITH_SECRET and not value.get_secret_value():
            raise ValueError(f"is missing: USERS_HASH_FORMAT={name} needs it")
        if value.get_secret_value() and name and name not in WITH_SECRET:
            raise ValueError(f"is set, and USERS_HASH_FORMAT={name} has no secret")
        return value

    @field_validator("users_hash_replace")
    @classmethod
    def _of_a_named_format(cls, value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - pydantic calls it
        if value and info.data.get("users_hash_format") == AUTO:
            raise ValueError("is true, and USERS_HASH_FORMAT names no format")
        return value
