"""The settings for the connection to the mail relay: address, TLS, and log-in."""

import re
import ssl
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from shared.settings.environment import FromEnvironment
from shared.settings.web_address import LOOPBACK, split_address

_NO_SECRET = SecretStr("")


def _ca_file(value: str) -> str:
    if value:
        try:
            ssl.create_default_context(cafile=value)
        except (OSError, ValueError):
            raise ValueError("is not a file of certificates in PEM that can be read") from None
    return value


def _ehlo_name(value: str) -> str:
    """Refuse what is neither a host name nor an address in brackets (RFC 5321, 4.1.3)."""
    if value and not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[(IPv6:)?[0-9A-Fa-f:.]+\]", value):
        raise ValueError("is not a host name")
    return value


def _endpoint(value: str) -> str:
    if value.startswith("microsoft:"):
        if not re.fullmatch(r"microsoft:[A-Za-z0-9.-]+", value):
            raise ValueError("names no tenant of Microsoft 365")
    elif value not in {"", "google"}:
        split_address(value)
    return value


class RelaySettings(FromEnvironment):
    """The relay, and how the worker shows who it is."""

    mail_server: str = Field(description="The host name of the mail relay.")
    mail_port: int = Field(
        default=587,
        ge=1,
        le=65535,
        description="The port of the mail relay, 1 to 65535: 587 for STARTTLS, 465 for TLS, 25.",
    )
    mail_use_tls: bool = Field(
        default=True, description="`true`: use STARTTLS, and verify the certificate. `false`: do not use STARTTLS."
    )
    mail_use_ssl: bool = Field(
        default=False, description="`true`: use TLS from the first byte; MAIL_USE_TLS must then be `false`."
    )
    mail_ca_file: Annotated[str, AfterValidator(_ca_file)] = Field(
        default="",
        description="CA certificates in PEM that the relay's certificate is checked with. Empty: this machine's.",
    )
    mail_ehlo_name: Annotated[str, AfterValidator(_ehlo_name)] = Field(
        default="", description="The host name that the worker gives in EHLO. Empty: the domain of MAIL_DEFAULT_SENDER."
    )
    mail_username: str = Field(default="", description="The user name for the relay. Empty: no log-in.")
    mail_oauth_endpoint: Annotated[str, AfterValidator(_endpoint)] = Field(
        default="",
        validate_default=True,
        description="Where access tokens for the log-in (XOAUTH2) come from, instead of a password: "
        "`microsoft:TENANT`, `google`, or the https address of a token endpoint.",
    )
    mail_oauth_client_id: str = Field(
        default="", validate_default=True, description="The application's ID at MAIL_OAUTH_ENDPOINT."
    )
    mail_oauth_client_secret: SecretStr = Field(
        default=_NO_SECRET, validate_default=True, description="The application's secret at MAIL_OAUTH_ENDPOINT."
    )
    mail_oauth_refresh_token: SecretStr = Field(
        default=_NO_SECRET,
        validate_default=True,
        description="A refresh token of the mailbox. Empty: the application asks in its own name (client credentials).",
    )
    mail_oauth_scope: str = Field(
        default="", description="The scope to ask for. Empty: what Microsoft 365 needs, or none."
    )
    mail_password: SecretStr = Field(
        default=_NO_SECRET, validate_default=True, description="The password for the relay."
    )
    mail_timeout: int = Field(
        default=10, ge=1, le=30, description="The time to wait for each answer of the relay, in seconds: 1 to 30."
    )

    mail_connections: int = Field(
        default=8,
        ge=1,
        le=64,
        description="The number of connections to the relay that each process of a worker may use at the same time: 1 "
        "to 64. With a few, one email may wait for another.",
    )

    @field_validator("mail_use_ssl")
    @classmethod
    def _one_kind_of_tls(cls, value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - pydantic's signature
        if value and info.data.get("mail_use_tls"):
            raise ValueError("and MAIL_USE_TLS are both true")
        return value

    @field_validator("mail_username", "mail_password")
    @classmethod
    def _ascii(cls, value: str | SecretStr) -> str | SecretStr:
        if not (value if isinstance(value, str) else value.get_secret_value()).isascii():
            raise ValueError("has letters beyond ASCII, which cannot be sent to a relay")
        return value

    @field_validator("mail_username")
    @classmethod
    def _encrypted(cls, value: str, info: ValidationInfo) -> str:
        encrypted = info.data.get("mail_use_tls", True) or info.data.get("mail_use_ssl", True)
        if value and not encrypted and info.data.get("mail_server") not in LOOPBACK:
            raise ValueError("would be sent with its password unencrypted; set MAIL_USE_TLS=true")
        return value

    @field_validator("mail_oauth_endpoint")
    @classmethod
    def _for_a_mailbox(cls, value: str, info: ValidationInfo) -> str:
        if value and info.data.get("mail_username") == "":
            raise ValueError("is set without MAIL_USERNAME, the address of the mailbox")
        return value

    @field_validator("mail_password")
    @classmethod
    def _both_or_none(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        username, endpoint = info.data.get("mail_username"), info.data.get("mail_oauth_endpoint")
        given = bool(value.get_secret_value())
        if given and endpoint:
            raise ValueError("and MAIL_OAUTH_ENDPOINT are both set. Keep one of them")
        if not endpoint and username is not None and endpoint is not None and bool(username) != given:
            raise ValueError("is set without MAIL_USERNAME" if not username else "is missing beside MAIL_USERNAME")
        return value

    @field_validator("mail_oauth_client_id", "mail_oauth_client_secret", "mail_oauth_refresh_token", "mail_oauth_scope")
    @classmethod
    def _beside_an_endpoint(cls, value: str | SecretStr, info: ValidationInfo) -> str | SecretStr:
        if value and info.data.get("mail_oauth_endpoint") == "":
            raise ValueError("is set without MAIL_OAUTH_ENDPOINT")
        if info.field_name == "mail_oauth_client_id" and not value and info.data.get("mail_oauth_endpoint"):
            raise ValueError("is missing beside MAIL_OAUTH_ENDPOINT")
        return value

    @field_validator("mail_oauth_refresh_token")
    @classmethod
    def _secret_or_token(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        endpoint, secret = info.data.get("mail_oauth_endpoint"), info.data.get("mail_oauth_client_secret")
        if endpoint == "google" and not value:
            raise ValueError("is missing: Google gives an application no token in its own name")
        if endpoint and not value and secret is not None and not secret:
            raise ValueError("is missing, and so is MAIL_OAUTH_CLIENT_SECRET. Set one of them, or both")
        return value
