"""The strict reading of a JSON body, before any field is looked at."""

import json
from typing import Any

from flask import Request, g
from flask_babel import gettext
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from api.errors import InvalidRequest

MAX_BODY = 16 * 1024  # Bytes.


class JsonRequest(Request):
    """A request whose body, where it is asked for, is a JSON object without duplicate keys.

    flask-openapi3 asks with `silent=True` and would let a wrong content type, a JSON string that holds JSON, and
    duplicate keys pass; here it gets a dictionary or an exception.
    """

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:  # noqa: ARG002, FBT001, FBT002 - Flask's signature
        """Return the body as a dictionary.

        Raises RequestEntityTooLarge (413), UnsupportedMediaType (415) or InvalidRequest (422), in this order.
        """
        body = self.get_data()
        if self.content_length is None and len(body) >= MAX_BODY:
            raise RequestEntityTooLarge  # Sent in chunks: werkzeug cuts it there without a word.
        if self.mimetype != "application/json":
            raise UnsupportedMediaType
        try:
            document = _DECODER.decode(body.decode())
        except (ValueError, RecursionError):
            raise _not_an_object() from None
        if not isinstance(document, dict):
            raise _not_an_object()
        # Before the fields are looked at: what is said of them is in this language too.
        if isinstance(locale := document.get("locale"), str):
            g.locale = locale
        return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError
    return document


def _refuse(_constant: str) -> None:
    """NaN and Infinity are no JSON (RFC 8259, 6)."""
    raise ValueError


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)


def _not_an_object() -> InvalidRequest:
    return InvalidRequest([{"field": "", "reason": gettext("The body must be a JSON object with each field once.")}])
