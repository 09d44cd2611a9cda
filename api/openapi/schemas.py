"""Models and fields that several endpoints share. Models of a single endpoint are in its folder."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class RequestBody(BaseModel):
    """The body of a request: exactly the named fields, each of the right type without conversion."""

    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)


class LocalizedAnswer(BaseModel):
    """An answer with texts for people. Its header Content-Language names their language."""


Locale = Annotated[
    str,
    Field(
        max_length=35,
        pattern=r"^([A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*)?$",
        description="The language of the answer and of the email, if available. It overrides `Accept-Language`.",
        json_schema_extra={"example": "en"},
    ),
]
