"""`python -m dev.site.inbox`: an SMTP server that stores what it receives, and the demo's pages, which show it."""

import os
import signal
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from werkzeug.serving import WSGIRequestHandler, make_server

from dev.errors import DemoError
from dev.site.app import create_site
from dev.site.caught_mail import Mailbox, read_mail
from dev.site.place import Place
from dev.stack.ports import DEFAULT_PORTS, choose_ports

LOOPBACK = "127.0.0.1"
MAX_MAIL_SIZE = 1_000_000
INBOX_PORTS = {name: DEFAULT_PORTS[name] for name in ("INBOX_PORT", "INBOX_SMTP_PORT")}


class MailCatcher:
    """The aiosmtpd handler that accepts every mail."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Store the mail."""
        self._mailbox.add(read_mail(envelope.original_content or b"", envelope.rcpt_tos))
        return "250 Caught"


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Do not log successful requests."""


def mail_server(mailbox: Mailbox, port: int) -> Controller:
    """Build the SMTP server for a mailbox; once started, it runs in its own thread."""
    return Controller(
        MailCatcher(mailbox),
        hostname=LOOPBACK,
        port=port,
        enable_SMTPUTF8=True,
        data_size_limit=MAX_MAIL_SIZE,
    )


def main() -> int:
    """Serve until SIGTERM or Ctrl-C."""
    stop_signals = {signal.SIGINT, signal.SIGTERM}
    # Threads inherit the mask, so it is set before they start: the signals then reach only sigwait.
    signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals)
    try:
        ports = choose_ports(os.environ, INBOX_PORTS)
    except DemoError as problem:
        print(problem, file=sys.stderr)
        return 1
    mailbox = Mailbox()
    mail_server(mailbox, ports["INBOX_SMTP_PORT"]).start()
    app = create_site(mailbox, Place.of(os.environ))
    pages = make_server(LOOPBACK, ports["INBOX_PORT"], app, threaded=True, request_handler=_QuietHandler)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    signal.sigwait(stop_signals)
    return 0


if __name__ == "__main__":
    sys.exit(main())
