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
_TOKEN = "IjEi.aSJzaQ.kq3xRZ4bTdnV0wYc8uJH2m9pLrE"  # noqa: S105 - It opens nothing.
_RULES = "minlength: 15; maxlength: 72;"


class TokenRequest(RequestBody):
    """A token as the email's link carries it."""

    token: str = Field(min_length=1, max_length=tokens.MAX_LENGTH, description="The token from the link.")
    locale: Locale = ""


class ResetRequest(TokenRequest):
    """Set a new password."""

    password: str = Field(min_length=1, max_length=MAX_PASSWORD, description="The new password.")


class Done(LocalizedAnswer):
    """The password is set."""

    message: str = Field(json_schema_extra={"example": str(CHANGED)})


class LinkState(BaseModel):
    """The link is good."""

    expires_at: datetime = Field(description="When it stops working, in UTC.")


class ReasonText(BaseModel):
    """A reason to refuse a password. `code` is stable."""

    code: Reason
    text: str = Field(description="In the language of the answer.", json_schema_extra={"example": "It's too short."})


class Policy(LocalizedAnswer):
    """Which passwords are taken."""

    min_length: int = Field(description="In characters (code points).", json_schema_extra={"example": 15})
    max_length: int = Field(description="In `max_length_unit`.", json_schema_extra={"example": 72})
    max_length_unit: Literal["characters", "bytes"] = Field(description="`bytes` are those of UTF-8.")
    breach_check: bool = Field(description="Whether leaked passwords are looked up.")
    passwordrules: str = Field(
        description="For the attribute `passwordrules`, which password managers read.",
        json_schema_extra={"example": _RULES},
    )
    reasons: list[ReasonText] = Field(description="Every reason there is.")


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
