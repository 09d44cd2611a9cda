"""What the demo adds for the browser: the front page, a page to sign in, and the inbox with its JSON."""

from flask import Flask, Response
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
    """Put the pages together."""
    app = Flask("dev.site")
    # A site that points its own name at 127.0.0.1 (DNS rebinding) must not read the mails.
    app.config["TRUSTED_HOSTS"] = ["localhost", "127.0.0.1"]
    app.config["MAX_CONTENT_LENGTH"] = MAX_FORM_SIZE
    app.json = _DocumentedOrder(app)
    app.jinja_env.globals.update(place=place, name=PRODUCT_NAME, links=LINKS)
    app.register_blueprint(front_pages(place))
    app.register_blueprint(inbox_pages(mailbox))
    app.register_blueprint(preview_pages())
    app.register_error_handler(SecurityError, _refuse_host)
    app.after_request(_protect)
    return app


class _DocumentedOrder(DefaultJSONProvider):
    sort_keys = False


def _refuse_host(_error: Exception) -> ResponseReturnValue:
    hint = "The demo answers on this machine only: open it as localhost or 127.0.0.1.\n"
    return hint, 400, {"Content-Type": "text/plain"}


def _protect(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    # What a mail's link opens gets no hold of the inbox, whatever the mail asks for.
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response
