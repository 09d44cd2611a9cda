"""Which language a request wants."""

from flask import g, has_request_context, request

from shared.languages import choose


def request_language(default: str) -> str:
    """Return the language of what is answered: that of the body, or `?locale=`, or Accept-Language."""
    if not has_request_context():
        return default
    wanted = g.get("locale") or request.args.get("locale", "")
    return choose(wanted, request.headers.get("Accept-Language", ""), default)
