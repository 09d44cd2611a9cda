"""The problems that an operation's document promises, each with its code; the OpenAPI document is made from these.

api/errors.py answers with them. The codes that stand in no operation, because any address may answer with them, are
`bad_request`, `not_found`, `method_not_allowed`, `internal_error` and `http_...`.
"""

from functools import cache
from itertools import groupby
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from api.passwords.policy import Reason

_RETRY_LATER = {429, 503}  # The statuses that say when to try again.
_RETRY_AFTER = {"description": "Seconds to wait.", "required": True, "schema": {"type": "integer", "minimum": 1}}
_REFERENCES = "#/components/schemas/"


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str = Field(description="Its name; empty where the body as a whole, or a field that is not known, is meant.")
    reason: str = Field(description="What is wrong, in the language of the request.")


class Problem(BaseModel):
    """An error (RFC 9457). `code` is stable: decide by it, not by the texts."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    type: str = Field(default="about:blank")
    title: str = Field(description="A sentence for people, in the language of the request.")
    status: int
    code: str


class LinkProblem(Problem):
    """The link is used, too old or not genuine, or password or address have changed since. Offer a new one."""

    status: Literal[400]
    code: Literal["invalid_or_expired_token"]


class BodyTooLargeProblem(Problem):
    """The body has more than 16 KiB."""

    status: Literal[413]
    code: Literal["body_too_large"]


class NotJsonProblem(Problem):
    """The content type is not `application/json`."""

    status: Literal[415]
    code: Literal["unsupported_media_type"]


class InvalidRequestProblem(Problem):
    """The body is not a JSON object of the fields asked for."""

    status: Literal[422]
    code: Literal["invalid_request"]
    errors: list[FieldError]


class WeakPasswordProblem(Problem):
    """The policy refuses the password; the link stays good. `GET /password-policy` explains the reasons."""

    status: Literal[422]
    code: Literal["weak_password"]
    reasons: list[Reason] = Field(description="One or more.")


class RateLimitedProblem(Problem):
    """The client has asked too often. Try again after the seconds of `Retry-After`."""

    status: Literal[429]
    code: Literal["rate_limited"]


class UnavailableProblem(Problem):
    """Nobody can be served at the moment. Try again after the seconds of `Retry-After`."""

    status: Literal[503]
    code: Literal["unavailable"]


# What every operation that takes a body may answer.
_ANY: tuple[type[Problem], ...] = (
    BodyTooLargeProblem,
    NotJsonProblem,
    InvalidRequestProblem,
    RateLimitedProblem,
    UnavailableProblem,
)
_ALL: tuple[type[BaseModel], ...] = (LinkProblem, *_ANY, WeakPasswordProblem)


def problems(*more: type[Problem]) -> dict[int, Any]:
    """Describe the errors of an operation that takes a body, and those of its own."""
    kinds = sorted((*_ANY, *more), key=_status)
    return {status: _answer(status, list(group)) for status, group in groupby(kinds, _status)}


@cache
def problem_schemas() -> dict[str, Any]:
    """Return the schemas of all problems, by their names."""
    kinds: list[tuple[type[BaseModel], Literal["serialization"]]] = [(kind, "serialization") for kind in _ALL]
    _, schemas = models_json_schema(kinds, ref_template=_REFERENCES + "{model}")
    return dict(schemas["$defs"])


def _answer(status: int, kinds: list[type[Problem]]) -> dict[str, Any]:
    names = {_constant(kind, "code"): _REFERENCES + kind.__name__ for kind in kinds}
    one_of = [{"$ref": name} for name in names.values()]
    discriminator = {"propertyName": "code", "mapping": names}
    schema = {"oneOf": one_of, "discriminator": discriminator} if len(kinds) > 1 else one_of[0]
    return {
        "content": {"application/problem+json": {"schema": schema}},
        "headers": {"Retry-After": _RETRY_AFTER} if status in _RETRY_LATER else {},
    }


def _status(kind: type[Problem]) -> int:
    return int(_constant(kind, "status"))


def _constant(kind: type[Problem], field: str) -> Any:
    return get_args(kind.model_fields[field].annotation)[0]
