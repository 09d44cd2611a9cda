"""What POST /forgot-password takes and answers, with an example of each for the OpenAPI document."""

from flask_babel import lazy_gettext
from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from api.openapi.schemas import Locale, LocalizedAnswer, RequestBody
from shared.addresses import InvalidAddress, parse

ACCEPTED = lazy_gettext("If an account uses this address, a mail with a link is on its way.")


class ForgotRequest(RequestBody):
    """Ask for a reset link."""

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


class Accepted(LocalizedAnswer):
    """The one answer to every request for a link."""

    message: str = Field(json_schema_extra={"example": str(ACCEPTED)})


FORGOT_EXAMPLE = ForgotRequest(email="anna@example.com", locale="en")
ACCEPTED_EXAMPLE = Accepted(message=str(ACCEPTED))
