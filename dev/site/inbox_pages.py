"""The inbox's pages and its JSON."""

import re
from dataclasses import asdict

from flask import Blueprint, Response, abort, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as BaseResponse

from dev.site.caught_mail import Mail, Mailbox

# A caught mail may not run scripts or load anything, and its links open in a new tab. Because no script runs in it, it
# can safely share the inbox's origin, which lets the surrounding page measure its height.
MAIL_SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    f"frame-ancestors 'self'; sandbox {MAIL_SANDBOX}"
)


def inbox_pages(mailbox: Mailbox) -> Blueprint:
    """Build the pages for a mailbox."""
    pages = Blueprint("inbox", __name__)

    @pages.get("/inbox")
    def page() -> BaseResponse:
        return _page(mailbox, None)

    @pages.get("/inbox/<mail_id>")
    def opened(mail_id: str) -> BaseResponse:
        return _page(mailbox, mailbox.get(mail_id) or abort(404))

    @pages.get("/messages/<mail_id>/html")
    def mail_html(mail_id: str) -> ResponseReturnValue:
        mail = mailbox.get(mail_id) or abort(404)
        return _with_links_in_new_tabs(mail), {"Content-Security-Policy": MAIL_POLICY}

    @pages.get("/api/messages")
    def list_messages() -> Response:
        return jsonify([asdict(mail) for mail in mailbox.list()])

    @pages.delete("/api/messages")
    def delete_messages() -> ResponseReturnValue:
        mailbox.clear()
        return "", 204

    return pages


def _page(mailbox: Mailbox, opened: Mail | None) -> BaseResponse:
    """Show the list and the open mail; a client that polls gets 304 until a new mail arrives."""
    mails = mailbox.list()
    response = make_response(render_template("inbox.html", mails=mails, opened=opened, sandbox=MAIL_SANDBOX))
    # Mails do not survive a restart of the demo, so their number and the newest id identify the list.
    response.set_etag(f"{len(mails)}-{mails[0].id if mails else 'none'}")
    return response.make_conditional(request)


def _with_links_in_new_tabs(mail: Mail) -> str:
    base = '<base target="_blank">'
    head = re.search(r"<head\b[^>]*>", mail.html, re.IGNORECASE)
    end = head.end() if head else 0
    return mail.html[:end] + base + mail.html[end:]
