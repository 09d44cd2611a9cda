"""The connection to the mail relay: smtplib's, plus pipelining, a bound on every wait, and verified TLS."""

import smtplib
import ssl
import time
from functools import partial
from typing import Any

from flask_mail import Mail

_OK, _TAKEN = 250, (250, 251)
MAX_MAILS = 100  # Relays commonly end a connection after this many.
MAX_IDLE = 5.0  # Seconds after which a kept connection is checked before use.
FINAL_ANSWER = 3  # Times the usual timeout: after the final dot a relay may be busy, and giving up may email twice.


class Relay(smtplib.SMTP):
    """SMTP with a bound on the whole dialogue, and a longer timeout for the answer to the email itself.

    If the relay supports PIPELINING (RFC 2920), MAIL, RCPT and DATA are sent together, so that an email takes two round
    trips instead of four. MAIL and RCPT are held back, and seem to succeed, until DATA is sent with them; their real
    answers are read before DATA's.
    """

    def __init__(self, *arguments: Any, ends_at: float, **options: Any) -> None:
        self.ends_at = ends_at
        self.mails = 0
        self.unanswered_mail = False
        self.answer = ""
        self._held: list[tuple[str, str]] = []
        super().__init__(*arguments, **options)

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Send a command, or hold it back.

        Raises SMTPSenderRefused or SMTPRecipientsRefused at DATA; the connection must then be dropped.
        """
        if cmd in {"mail", "rcpt"} and self.has_extn("pipelining"):
            if "\r" in args or "\n" in args:
                raise ValueError("the address has a line break")
            self._held.append((cmd, args))
        elif self._held:
            self._send_with_held_back(cmd)
        else:
            super().putcmd(cmd, args)

    def _send_with_held_back(self, cmd: str) -> None:
        held, self._held = self._held, []
        self.send("".join(f"{line}\r\n" for line in [*map(" ".join, held), cmd]))
        for name, argument in held:
            code, text = self.getreply()
            if name == "mail" and code != _OK:
                raise smtplib.SMTPSenderRefused(code, text, argument)
            if name == "rcpt" and code not in _TAKEN:
                raise smtplib.SMTPRecipientsRefused({argument: (code, text)})

    def send(self, s: Any) -> None:
        """Send, and record whether it was the email: smtplib sends commands as text and the email as bytes."""
        super().send(s)
        self.unanswered_mail = isinstance(s, bytes)

    def getreply(self) -> tuple[int, bytes]:
        """Wait for an answer until the timeout or the end of the dialogue, and keep the answer to the email."""
        patience = self.timeout * (FINAL_ANSWER if self.unanswered_mail else 1)
        left = min(patience, self.ends_at - time.monotonic())
        if left <= 0:
            raise TimeoutError
        if self._held:
            return _OK, b"held back"
        if self.sock is not None:
            self.sock.settimeout(left)
        code, text = super().getreply()
        if self.unanswered_mail:
            self.answer = f"{code} {text.decode(errors='replace')}"
            self.mails += 1
        self.unanswered_mail = False
        return code, text


class _RelaySSL(Relay, smtplib.SMTP_SSL):
    """The same, with TLS from the first byte."""


def connect_relay(mail: Mail, timeout: float, tls: ssl.SSLContext, ends_at: float) -> Relay:
    """Connect, start TLS if Flask-Mail's settings ask for it, and log in."""
    kind = partial(_RelaySSL, context=tls) if mail.use_ssl else Relay
    relay = kind(mail.server, mail.port, timeout=timeout, ends_at=ends_at)
    try:
        if mail.use_tls:
            relay.starttls(context=tls)
        if mail.username:
            relay.login(mail.username, mail.password)
    except BaseException:
        relay.close()
        raise
    return relay
