"""Strict parsing of a JSON body: first as an object, then field by field."""

import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Response, g, request
from flask_babel import gettext, lazy_gettext
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

MAX_BODY = 16 * 1024  # Bytes.
MAX_OBJECTS = 600  # More than a valid body has braces, even with those of its password.
MAX_ERRORS = 8  # More than a request has fields.
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
# By pydantic's error types. Its own texts are not used: they are English, and some repeat what was sent.
_REASONS = {
    "missing": lazy_gettext("This field is required."),
    "string_type": lazy_gettext("This must be text."),
    "string_unicode": lazy_gettext("This must be text."),
    "string_too_short": lazy_gettext("This can't be empty."),
    "string_too_long": lazy_gettext("This is too long."),
    "string_pattern_mismatch": lazy_gettext("This must be a language tag, such as de or pt-BR."),
    "value_error": lazy_gettext("This must be a single email address."),  # Raised by `parse` of shared/addresses.py.
    "extra_forbidden": lazy_gettext("There is an unknown field."),
}
_OTHER_REASON = lazy_gettext("This is not valid.")

Model = TypeVar("Model", bound=BaseModel)
View = Callable[..., Response]


class InvalidRequest(Exception):
    """The body is not a JSON object with exactly the expected fields."""

    def __init__(self, *errors: tuple[str, str]) -> None:
        super().__init__("invalid request")
        self.errors = [{"field": name, "reason": reason} for name, reason in errors]


def read_body(model: type[Model]) -> Model:
    """Read and validate the body of the request.

    Raises RequestEntityTooLarge (413), UnsupportedMediaType (415) or InvalidRequest (422), in this order.
    """
    document = _json_object()
    # Set before the fields are validated, because error messages are in this language too.
    if isinstance(locale := document.get("locale"), str):
        g.locale = locale
    try:
        return model.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
    # For a thousand unknown fields, the answer would be six times as long as the request, and slow. Ours come first.
    kinds = dict.fromkeys((_field(item, document), item["type"]) for item in found[:MAX_ERRORS])
    raise InvalidRequest(*((name, str(_REASONS.get(kind, _OTHER_REASON))) for name, kind in kinds))


def takes(model: type[Model], make: Callable[[Model], Any] | None = None) -> Callable[[View], Callable[[], Response]]:
    """Parse the body before anything else is done, and call the view with it or with what `make` returns for it."""

    def read_first(view: View) -> Callable[[], Response]:
        @wraps(view)
        def read_then_answer() -> Response:
            body = read_body(model)
            return view(make(body) if make else body)

        return read_then_answer

    return read_first


def _field(item: ErrorDetails, document: dict[str, Any]) -> str:
    """Return the field's name; an unknown one is the client's text, and is repeated only if it is like a name."""
    name = ".".join(map(str, item["loc"]))
    unknown = item["type"] == "extra_forbidden"
    return "" if unknown and (not _NAME.fullmatch(name) or name in document.values()) else name


def _json_object() -> dict[str, Any]:
    body = request.get_data()
    if request.content_length is None and len(body) >= MAX_BODY:
        raise RequestEntityTooLarge  # A chunked body: werkzeug silently truncates it there.
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        document = _DECODER.decode(body.decode()) if body.count(b"{") <= MAX_OBJECTS else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise InvalidRequest(("", gettext("The body must be a JSON object without repeated fields.")))
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError
    return document


def _refuse(_constant: str) -> None:
    """Refuse NaN and Infinity, which are not JSON (RFC 8259, 6)."""
    raise ValueError


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)
