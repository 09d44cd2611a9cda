"""The settings of the worker, besides those it shares with the API."""

from email.utils import parseaddr
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from shared.addresses import InvalidAddress, envelope
from shared.settings.branding import Branding, one_line
from shared.settings.environment import FromEnvironment
from shared.settings.settings import LOOPBACK, MaxAge, Settings
from shared.settings.web_address import split_address


def _reset_url(value: str) -> str:
    """Refuse links that would leak the token or lead somewhere odd."""
    split_address(value.replace("{token}", "token"))
    wrong = {
        "holds {token} more than once": value.count("{token}") > 1,
        "holds {token} in the name of the host": "{token}" in urlsplit(value).netloc,
        "holds {token} encoded": "%7btoken%7d" in value.lower(),
        "has a fragment without {token} in it": "#" in value and "{token}" not in value,
    }
    if complaint := next((complaint for complaint, applies in wrong.items() if applies), ""):
        raise ValueError(complaint)
    return value


def _sender(value: str) -> str:
    _, address = parseaddr(one_line(value))
    try:
        envelope(address)
    except InvalidAddress:
        raise ValueError("is not a sender") from None
    if not (value == address or value.endswith(f"<{address}>")):
        raise ValueError("is not a sender")
    return value


ResetUrl = Annotated[
    str,
    AfterValidator(_reset_url),
    Field(
        description="Where the mail's link leads, https: `https://www.example.com/reset-password`. "
        "`{token}` may stand in it once; without it `#token=...` is appended."
    ),
]
Sender = Annotated[
    str,
    AfterValidator(_sender),
    Field(description="The sender: `no-reply@example.com` or `Example <no-reply@example.com>`."),
]
StateFile = Annotated[
    str,
    Field(
        description="The file in which a worker tells `python -m worker alive` that it lives; several workers on one "
        "machine need one each. Empty: `latchkey-worker.json` in the folder for temporary files."
    ),
]


class WorkerSettings(Settings):
    """The settings of the worker. Its database user needs only SELECT on the users table."""

    prefixes = ("MAIL_", "WORKER_", "BRAND_", "RESET_", "BABEL_DEFAULT_")
    others = ("RESET_LIMIT_PER_IP", "RESET_LIMIT_PER_LINK")

    reset_url: ResetUrl
    mail_server: str = Field(description="The mail relay's host name.")
    mail_port: int = Field(
        default=587, ge=1, le=65535, description="Its port, 1 to 65535: 587 for STARTTLS, 465 for TLS, 25."
    )
    mail_use_tls: bool = Field(
        default=True, description="`true`: STARTTLS, with a verified certificate; `false`: no STARTTLS."
    )
    mail_use_ssl: bool = Field(
        default=False, description="`true`: TLS from the first byte; then MAIL_USE_TLS must be `false`."
    )
    mail_username: str = Field(default="", description="The user name for the relay; empty: no log-in.")
    mail_password: SecretStr = Field(
        default=SecretStr(""), validate_default=True, description="The password for the relay."
    )
    mail_default_sender: Sender
    mail_timeout: int = Field(
        default=10, ge=1, le=30, description="Seconds to wait for each answer of the relay: 1 to 30."
    )
    mail_max_age: int = Field(
        default=3600,
        ge=60,
        le=86400,
        description="Seconds after which an accepted mail is no longer sent: 60 to 86400.",
    )
    worker_processes: int = Field(default=2, ge=1, le=256, description="Mails sent at a time by one worker: 1 to 256.")
    worker_events: bool = Field(
        default=True,
        description="`true`: tasks are shown in Flower, and a mail costs a worker up to twice the CPU; "
        "`false`: they are not.",
    )
    worker_state_path: StateFile = ""

    @field_validator("mail_use_ssl")
    @classmethod
    def _one_kind_of_tls(cls, value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - pydantic's signature
        if value and info.data.get("mail_use_tls"):
            raise ValueError("and MAIL_USE_TLS are both true")
        return value

    @field_validator("mail_username")
    @classmethod
    def _encrypted(cls, value: str, info: ValidationInfo) -> str:
        encrypted = info.data.get("mail_use_tls", True) or info.data.get("mail_use_ssl", True)
        if value and not encrypted and info.data.get("mail_server") not in LOOPBACK:
            raise ValueError("would be sent with its password unencrypted; set MAIL_USE_TLS=true")
        return value

    @field_validator("mail_password")
    @classmethod
    def _both_or_none(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        username = info.data.get("mail_username")
        if username is not None and bool(username) != bool(value.get_secret_value()):
            raise ValueError("is set without MAIL_USERNAME" if not username else "is missing beside MAIL_USERNAME")
        return value


class AliveSettings(FromEnvironment):
    """The setting that a check of life needs."""

    worker_state_path: StateFile = ""


class PreviewSettings(Branding):
    """The settings that mails are written with, with examples for those without a default."""

    reset_url: ResetUrl = "https://www.example.com/reset-password"
    reset_token_max_age: MaxAge = 1800
    mail_default_sender: Sender = "no-reply@example.com"


MailSettings = WorkerSettings | PreviewSettings
