"""The inbox's page and its JSON."""

import re
from dataclasses import asdict

from flask import Blueprint, Flask, Response, abort, current_app, jsonify, render_template
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import SecurityError

from dev.caught_mail import Mail, Mailbox

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# A caught mail shows itself, but runs nothing and loads nothing; its links open beside the inbox.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)

views = Blueprint("inbox", __name__)


def create_inbox(mailbox: Mailbox) -> Flask:
    """Put the page and the JSON of a mailbox together."""
    app = Flask("dev")
    # A site that points its own name at 127.0.0.1 (DNS rebinding) must not read the mails.
    app.config["TRUSTED_HOSTS"] = ["localhost", "127.0.0.1"]
    app.json = _DocumentedOrder(app)
    app.extensions["mailbox"] = mailbox
    app.register_blueprint(views)
    app.register_error_handler(SecurityError, _refuse_host)
    app.after_request(_protect)
    return app


@views.get("/")
def page() -> str:
    """Show all mails, newest first."""
    return render_template("inbox.html", mails=_mailbox().list())


@views.get("/messages/<mail_id>/html")
def mail_html(mail_id: str) -> ResponseReturnValue:
    """Show the HTML of one mail, for the page's frame."""
    mail = _mailbox().get(mail_id) or abort(404)
    return _with_links_in_new_tabs(mail), {"Content-Security-Policy": MAIL_POLICY}


@views.get("/api/messages")
def list_messages() -> Response:
    """Give all mails as JSON, newest first."""
    return jsonify([asdict(mail) for mail in _mailbox().list()])


@views.delete("/api/messages")
def delete_messages() -> ResponseReturnValue:
    """Empty the inbox."""
    _mailbox().clear()
    return "", 204


class _DocumentedOrder(DefaultJSONProvider):
    sort_keys = False


def _mailbox() -> Mailbox:
    mailbox: Mailbox = current_app.extensions["mailbox"]
    return mailbox


def _with_links_in_new_tabs(mail: Mail) -> str:
    base = '<base target="_blank">'
    head = re.search(r"<head\b[^>]*>", mail.html, re.IGNORECASE)
    end = head.end() if head else 0
    return mail.html[:end] + base + mail.html[end:]


def _refuse_host(_error: Exception) -> ResponseReturnValue:
    cure = "The inbox answers on this machine only: open it as localhost or 127.0.0.1.\n"
    return cure, 400, {"Content-Type": "text/plain"}


def _protect(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
