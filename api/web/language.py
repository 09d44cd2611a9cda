"""Which language a request is answered in, and answers that are written once in each."""

from collections.abc import Callable

from flask import Flask, Response, current_app, g, has_request_context, request
from flask_babel import force_locale

from shared.languages import DEFAULT, LANGUAGES, choose, tag


def request_language() -> str:
    """Return the language of what is answered: that of the body, or `?locale=`, or Accept-Language.

    Where nobody asks, as on the command line, it is English.
    """
    if not has_request_context():
        return DEFAULT
    environ = request.environ  # Read as it is: this is part of every request for a link.
    wanted = g.get("locale") or ""
    if not wanted and environ.get("QUERY_STRING"):
        wanted = request.args.get("locale", "")
    return choose(wanted, environ.get("HTTP_ACCEPT_LANGUAGE", ""), current_app.extensions["babel"].default_locale)


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
