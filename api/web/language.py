"""Which language a request is answered in."""

from flask import current_app, g, has_request_context, request

from shared.languages import DEFAULT, negotiate


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
    return negotiate(wanted, environ.get("HTTP_ACCEPT_LANGUAGE", ""), current_app.extensions["babel"].default_locale)
