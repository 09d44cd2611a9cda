"""The bodies and answers of the reset endpoints, with examples for the OpenAPI document."""

from datetime import UTC, datetime
from typing import Literal

from flask_babel import lazy_gettext
from pydantic import BaseModel, Field

from api.openapi.schemas import Locale, LocalizedAnswer, RequestBody
from api.passwords.policy import Reason
from shared import tokens

MAX_PASSWORD = 4096  # Characters. The password policy sets the real limit, and says what is wrong.
CHANGED = lazy_gettext("Your password has been changed.")
_TOKEN = "IjEi.aSJzaQ.kq3xRZ4bTdnV0wYc8uJH2m9pLrE"  # noqa: S105 - It is valid nowhere.
_RULES = "minlength: 15; maxlength: 72;"


class TokenRequest(RequestBody):
    """The token of a link to check."""

    token: str = Field(min_length=1, max_length=tokens.MAX_LENGTH, description="The token from the link.")
    locale: Locale = ""


class ResetRequest(TokenRequest):
    """The token of a link, and the new password."""

    password: str = Field(min_length=1, max_length=MAX_PASSWORD, description="The new password.")


class Done(LocalizedAnswer):
    """The password has been changed."""

    message: str = Field(json_schema_extra={"example": str(CHANGED)})


class LinkState(BaseModel):
    """The link is valid."""

    expires_at: datetime = Field(description="When the link expires, in UTC.")


class ReasonText(BaseModel):
    """A reason to refuse a password. `code` is stable."""

    code: Reason
    text: str = Field(
        description="A sentence in the language of the answer.", json_schema_extra={"example": "It's too short."}
    )


class Policy(LocalizedAnswer):
    """The rules for new passwords."""

    min_length: int = Field(
        description="The minimum length in characters (code points).", json_schema_extra={"example": 15}
    )
    max_length: int = Field(description="The maximum length in `max_length_unit`.", json_schema_extra={"example": 72})
    max_length_unit: Literal["characters", "bytes"] = Field(
        description="The unit of `max_length`. `bytes` means bytes of UTF-8."
    )
    breach_check: bool = Field(description="Whether new passwords are looked up among leaked ones.")
    passwordrules: str = Field(
        description="The value for the HTML attribute `passwordrules`, which password managers read.",
        json_schema_extra={"example": _RULES},
    )
    reasons: list[ReasonText] = Field(description="All reasons for which a password can be refused.")


RESET_EXAMPLE = ResetRequest(token=_TOKEN, password="violet kettle under nine bridges")  # noqa: S106 - Nobody's.
TOKEN_EXAMPLE = TokenRequest(token=_TOKEN)
DONE_EXAMPLE = Done(message=str(CHANGED))
LINK_EXAMPLE = LinkState(expires_at=datetime(2026, 3, 1, 12, 30, tzinfo=UTC))
POLICY_EXAMPLE = Policy(
    min_length=15,
    max_length=72,
    max_length_unit="bytes",
    breach_check=False,
    passwordrules=_RULES,
    reasons=[
        ReasonText(code="too_short", text="It's too short."),
        ReasonText(code="too_common", text="It's too common or easy to guess. Add an unrelated word or two."),
    ],
)
