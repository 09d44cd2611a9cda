"""The demo's web app: the front page, a sign-in page, and the inbox with its JSON."""

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import SecurityError

from dev.site.caught_mail import Mailbox
from dev.site.front import front_pages
from dev.site.inbox_pages import inbox_pages
from dev.site.mail_preview import preview_pages
from dev.site.place import Place
from dev.stack.environment import LINKS, PRODUCT_NAME

MAX_FORM_SIZE = 16_384
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def create_site(mailbox: Mailbox, place: Place) -> Flask:
    """Build the app from its blueprints."""
    app = Flask("dev.site")
    # Prevents DNS rebinding: a site that resolves its own name to 127.0.0.1 must not read the mails.
    app.config["TRUSTED_HOSTS"] = ["localhost", "127.0.0.1"]
    app.config["MAX_CONTENT_LENGTH"] = MAX_FORM_SIZE
    app.json = _DocumentedOrder(app)
    app.jinja_env.globals.update(place=place, name=PRODUCT_NAME, links=LINKS)
    app.register_blueprint(front_pages(place))
    app.register_blueprint(inbox_pages(mailbox))
    app.register_blueprint(preview_pages())
    app.before_request(_require_host)
    app.register_error_handler(SecurityError, _refuse_host)
    app.after_request(_protect)
    return app


class _DocumentedOrder(DefaultJSONProvider):
    sort_keys = False


def _require_host() -> None:
    """Refuse HTTP/1.0 without a Host: werkzeug would take the server's own name for it, which is trusted."""
    if "HTTP_HOST" not in request.environ:
        raise SecurityError


def _refuse_host(_error: Exception) -> ResponseReturnValue:
    hint = "The demo can only be reached from this machine. Open it as localhost or 127.0.0.1.\n"
    return hint, 400, {"Content-Type": "text/plain"}


def _protect(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    # A page opened from a mail must not get a handle on the inbox window, whatever the mail's HTML asks for.
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response
