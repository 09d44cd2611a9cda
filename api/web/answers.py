"""How answers are built: problem documents, and texts that are the same for everybody."""

import json
from collections.abc import Callable
from typing import Any

from flask import Flask, Response
from flask_babel import force_locale

from api.problems import ProblemType
from api.web.language import request_language
from shared.languages import LANGUAGES, tag


class Answer:
    """An answer that is the same for everybody but for its language, written in each at the start."""

    def __init__(self, app: Flask, status: int, write: Callable[[], str]) -> None:
        self._status = status
        self._bodies: dict[str, bytes] = {}
        with app.app_context():
            for code in LANGUAGES:
                with force_locale(code):
                    self._bodies[code] = write().encode() + b"\n"

    def in_language(self, code: str) -> Response:
        """Build the answer in a language."""
        response = Response(self._bodies[code], self._status, content_type="application/json")
        response.headers["Content-Language"] = tag(code)
        return response


def problem(kind: ProblemType, *, retry_after: int | None = None, **members: Any) -> Response:
    """Build a problem document in the request's language."""
    text = json.dumps(kind.document(**members), ensure_ascii=False) + "\n"
    headers = {"Content-Language": tag(request_language())}
    response = Response(text, kind.status, headers, content_type="application/problem+json")
    if seconds := retry_after or kind.retry_after:
        response.headers["Retry-After"] = str(seconds)
    return response
