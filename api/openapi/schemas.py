"""What a request and a good answer look like; the OpenAPI document is made from these and from api/openapi/problems.py.

flask-openapi3 knows a field's `example` and leaves pydantic's `examples` out.
"""

from datetime import datetime
from typing import Annotated, Literal

from flask_openapi3 import Tag
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from api.passwords.policy import Reason
from shared import tokens
from shared.addresses import InvalidAddress, parse

_STRICT = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)
PASSWORDS = Tag(name="Passwords", description="What a frontend calls.")
MAX_PASSWORD = 4096  # Characters; the password policy, which sets the real bound, says what is wrong.


Locale = Annotated[
    str,
    Field(
        max_length=35,
        pattern=r"^([A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*)?$",
        description="The language of the answer and of the mail, where there is one; before `Accept-Language`.",
        json_schema_extra={"example": "en"},
    ),
]


class ForgotRequest(BaseModel):
    """Ask for a reset link."""

    model_config = _STRICT

    email: str = Field(
        max_length=254,
        description="One mail address.",
        json_schema_extra={"format": "email", "example": "anna@example.com"},
    )
    locale: Locale = ""

    @field_validator("email")
    @classmethod
    def _one_address(cls, value: str) -> str:
        try:
            return parse(value)
        except InvalidAddress:
            raise PydanticCustomError("one_address", "must be one mail address") from None


class TokenRequest(BaseModel):
    """A token as the mail's link carries it."""

    model_config = _STRICT

    token: str = Field(min_length=1, max_length=tokens.MAX_LENGTH, description="The token from the link.")
    locale: Locale = ""


class ResetRequest(TokenRequest):
    """Set a new password."""

    password: str = Field(min_length=1, max_length=MAX_PASSWORD, description="The new password.")


class Accepted(BaseModel):
    """The one answer to every request for a link."""

    message: str = Field(
        json_schema_extra={"example": "If an account uses this address, a mail with a link is on its way."}
    )


class Done(BaseModel):
    """The password is set."""

    message: str = Field(json_schema_extra={"example": "Your password is changed."})


class LinkState(BaseModel):
    """The link is good."""

    expires_at: datetime = Field(description="When it stops working, in UTC.")


class ReasonText(BaseModel):
    """A reason to refuse a password. `code` is stable."""

    code: Reason
    text: str = Field(
        description="In the language of the answer.", json_schema_extra={"example": "It has too few characters."}
    )


class Policy(BaseModel):
    """Which passwords are taken."""

    min_length: int = Field(description="In characters (code points).", json_schema_extra={"example": 15})
    max_length: int = Field(description="In `max_length_unit`.", json_schema_extra={"example": 72})
    max_length_unit: Literal["characters", "bytes"] = Field(description="`bytes` are those of UTF-8.")
    breach_check: bool = Field(description="Whether leaked passwords are looked up.")
    passwordrules: str = Field(
        description="For the attribute `passwordrules`, which password managers read.",
        json_schema_extra={"example": "minlength: 15; maxlength: 72;"},
    )
    reasons: list[ReasonText] = Field(description="Every reason there is.")


class Health(BaseModel):
    """`ok`; `degraded` where requests are accepted but mails or resets must wait; `unavailable`."""

    status: Literal["ok", "degraded", "unavailable"]
