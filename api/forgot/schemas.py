"""The body and the answer of POST /forgot-password, with examples for the OpenAPI document."""

from typing import Annotated

from flask_babel import lazy_gettext
from pydantic import AfterValidator, Field

from api.openapi.schemas import Locale, LocalizedAnswer, RequestBody
from shared.addresses import parse

ACCEPTED = lazy_gettext("If there is an account for this address, you'll get an email with a link in a moment.")


class ForgotRequest(RequestBody):
    """The email address to send a reset link to."""

    email: Annotated[str, Field(max_length=254), AfterValidator(parse)] = Field(
        description="One email address.", json_schema_extra={"format": "email", "example": "anna@example.com"}
    )
    locale: Locale = ""


class Accepted(LocalizedAnswer):
    """The request is accepted. The answer is the same for every address."""

    message: str = Field(json_schema_extra={"example": str(ACCEPTED)})


FORGOT_EXAMPLE = ForgotRequest(email="anna@example.com", locale="en")
ACCEPTED_EXAMPLE = Accepted(message=str(ACCEPTED))
