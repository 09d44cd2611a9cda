"""What a request and an answer look like; the OpenAPI document is made from these."""

from datetime import datetime
from typing import Any, Literal

from flask_openapi3 import OpenAPI, Tag
from pydantic import BaseModel, ConfigDict, Field, field_validator

from api.password_policy import Reason
from shared import tokens
from shared.addresses import InvalidAddress, parse

_STRICT = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)
PASSWORDS = Tag(name="Passwords")
MAX_PASSWORD = 4096  # Characters; the password policy, which sets the real bound, says what is wrong.


class ForgotRequest(BaseModel):
    """Ask for a reset link."""

    model_config = _STRICT

    email: str = Field(
        max_length=254,
        description="One mail address.",
        json_schema_extra={"format": "email"},
        examples=["anna@example.com"],
    )
    locale: str = Field(
        default="",
        max_length=35,
        pattern=r"^([A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*)?$",
        description="Preferred language, kept with the request; mails are in English so far.",
        examples=["de"],
    )

    @field_validator("email")
    @classmethod
    def _one_address(cls, value: str) -> str:
        try:
            return parse(value)
        except InvalidAddress:
            raise ValueError("must be one mail address") from None


class TokenRequest(BaseModel):
    """A token as the mail's link carries it."""

    model_config = _STRICT

    token: str = Field(min_length=1, max_length=tokens.MAX_LENGTH, description="The token from the link.")


class ResetRequest(TokenRequest):
    """Set a new password."""

    password: str = Field(min_length=1, max_length=MAX_PASSWORD, description="The new password.")


class Accepted(BaseModel):
    """The one answer to every request for a link."""

    message: str = Field(examples=["If an account uses this address, a mail with a link is on its way."])


class Done(BaseModel):
    """The password is set."""

    message: str = Field(examples=["Your password is changed."])


class LinkState(BaseModel):
    """The link is good."""

    expires_at: datetime = Field(description="When it stops working, in UTC.")


class ReasonText(BaseModel):
    """A reason to refuse a password. `code` is stable: translate by it."""

    code: Reason
    text: str = Field(description="In English.", examples=["It has too few characters."])


class Policy(BaseModel):
    """Which passwords are taken."""

    min_length: int = Field(description="In characters (code points).", examples=[15])
    max_length: int = Field(description="In `max_length_unit`.", examples=[72])
    max_length_unit: Literal["characters", "bytes"] = Field(description="`bytes` are those of UTF-8.")
    breach_check: bool = Field(description="Whether leaked passwords are looked up.")
    passwordrules: str = Field(
        description="For the attribute `passwordrules`, which password managers read.",
        examples=["minlength: 15; maxlength: 72;"],
    )
    reasons: list[ReasonText] = Field(description="Every reason there is.")


class Health(BaseModel):
    """`ok`; `degraded` where requests are accepted but mails or resets must wait; `unavailable`."""

    status: str = Field(examples=["ok"])


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str = Field(examples=["email"])
    reason: str = Field(examples=["must be one mail address"])


class Problem(BaseModel):
    """An error (RFC 9457). `code` is stable: decide by it, not by the texts."""

    type: str = Field(default="about:blank")
    title: str = Field(examples=["The request is not valid"])
    status: int = Field(examples=[422])
    code: str = Field(examples=["invalid_request"])
    errors: list[FieldError] | None = Field(default=None, description="For `invalid_request`: the fields.")
    reasons: list[Reason] | None = Field(
        default=None, description="For `weak_password`: `GET /password-policy` explains them."
    )


def openapi_document(app: OpenAPI) -> dict[str, Any]:
    """Return the document, without the 422 that flask-openapi3 gives to operations that take nothing."""
    document: dict[str, Any] = app.api_doc
    for item in document["paths"].values():
        for operation in item.values():
            if "requestBody" not in operation:
                operation["responses"].pop("422", None)
    return document


def problems(*statuses: int) -> dict[int, Any]:
    """Describe the errors of an operation for the OpenAPI document."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {status: {"content": {"application/problem+json": {"schema": schema}}} for status in statuses}
