"""Build answers: their language, problem documents, and texts that are the same for everybody."""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import unquote

from flask import Response, current_app, g, has_request_context, request
from flask_babel import force_locale

from api.problems import ProblemType
from shared.languages import DEFAULT, negotiate, tag

_LOCALE = re.compile(r"(?:^|&)locale=([^&]{0,100})")


def request_language() -> str:
    """Return the answer's language: from the body, `?locale=` or Accept-Language, in this order.

    Outside a request, as on the command line, it is English.
    """
    if not has_request_context():
        return DEFAULT
    environ = request.environ  # Read directly, because every request for a link does this.
    wanted = g.get("locale") or named_language()
    return negotiate(wanted, environ.get("HTTP_ACCEPT_LANGUAGE", ""), current_app.extensions["babel"].default_locale)


def named_language() -> str:
    """Return the `locale` parameter of the address. Parsing a long query whole would take 50 ms."""
    found = _LOCALE.search(request.environ.get("QUERY_STRING", ""))
    return unquote(found[1]) if found else ""


def same_for_everybody(status: int, write: Callable[[], str]) -> Callable[[str], Response]:
    """Return a function that builds the answer in a language, and renders its body only once in each."""

    @cache
    def body(code: str) -> bytes:
        with force_locale(code):
            return write().encode() + b"\n"

    def in_language(code: str) -> Response:
        response = Response(body(code), status, content_type="application/json")
        response.headers["Content-Language"] = tag(code)
        return response

    return in_language


def problem(kind: ProblemType, *, retry_after: int | None = None, **members: Any) -> Response:
    """Build a problem document in the request's language."""
    text = json.dumps(kind.document(**members), ensure_ascii=False) + "\n"
    headers = {"Content-Language": tag(request_language())}
    response = Response(text, kind.status, headers, content_type="application/problem+json")
    if seconds := retry_after or kind.retry_after:
        response.headers["Retry-After"] = str(seconds)
    return response
