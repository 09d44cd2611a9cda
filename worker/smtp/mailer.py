"""Send emails over a kept connection."""

import smtplib
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from flask import Flask
from flask_mail import Mail, Message

from worker.smtp.access_token import AccessTokens
from worker.smtp.connection import MAX_IDLE, MAX_MAILS, Relay, RelaySSL
from worker.smtp.failures import PermanentFailure, UnknownOutcome, failure_of
from worker.smtp.login import log_in

DIALOGUE = 45.0  # Seconds for one connection and email together, however slowly the relay answers.
_OK, _CLOSING = 250, 421


@dataclass
class Mailer:
    """Sends emails over one connection that is kept between them. Not thread-safe.

    ehlo_name: by default the machine's name. envelope_sender: where bounces go; by default to the sender. tokens: used
    to log in instead of a password.
    """

    app: Flask
    timeout: float
    tls: ssl.SSLContext
    ehlo_name: str = ""
    envelope_sender: str = ""
    tokens: AccessTokens | None = None
    dialogue: float = DIALOGUE
    max_idle: float = MAX_IDLE
    max_mails: int = MAX_MAILS
    _relay: Relay | None = field(default=None, init=False)
    _used_at: float = field(default=0.0, init=False)

    def send(self, message: Message) -> str:
        """Send the email to the relay, in at most `dialogue` seconds, and return the relay's answer.

        Raises UnknownOutcome if the relay received it but did not answer; TransientFailure, MisconfiguredRelay or
        PermanentFailure if the relay did not accept it.
        """
        try:
            relay = self._send(message, time.monotonic() + self.dialogue)
        except Exception as error:
            unsure = self._relay is not None and self._relay.unanswered_mail
            self._abandon()
            failure = failure_of(error)
            raise UnknownOutcome(failure.reason) if unsure else failure from None
        self._used_at = time.monotonic()
        if relay.mails >= self.max_mails:
            self.close()
        return relay.answer

    def connect(self) -> None:
        """Open the connection, or check that it is alive if it was idle.

        Raises MailFailed.
        """
        if self._relay is not None and self._is_fresh():
            return
        try:
            self._ready(time.monotonic() + self.dialogue)
        except Exception as error:
            self._abandon()
            raise failure_of(error) from None
        self._used_at = time.monotonic()

    def close(self) -> None:
        """End the connection politely. Failures do not matter: the emails are sent."""
        if self._relay is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._relay.quit()
        self._abandon()

    def _send(self, message: Message, ends_at: float) -> Relay:
        """Hand the email over, over a new connection if the kept one turns out to have ended before it began."""
        kept = self._relay is not None
        relay = self._ready(ends_at)
        try:
            self._submit(relay, message)
        except (OSError, smtplib.SMTPException) as error:
            if not kept or relay.unanswered_mail or not _ended(error):
                raise
            self._abandon()
            relay = self._ready(ends_at)
            self._submit(relay, message)
        return relay

    def _ready(self, ends_at: float) -> Relay:
        if self._relay is not None and not self._alive(self._relay, ends_at):
            self._abandon()
        if self._relay is None:
            self._relay = self._connect(self.app.extensions["mail"], ends_at)
        return self._relay

    def _connect(self, mail: Mail, ends_at: float) -> Relay:
        """Connect, start TLS if Flask-Mail's settings ask for it, and log in."""
        kind = partial(RelaySSL, context=self.tls) if mail.use_ssl else Relay
        name = self.ehlo_name or None
        relay = kind(mail.server, mail.port, local_hostname=name, timeout=self.timeout, ends_at=ends_at)
        try:
            if mail.use_tls:
                relay.starttls(context=self.tls)
            if mail.username:
                log_in(relay, mail.username, mail.password, self.tokens)
        except BaseException:
            relay.close()
            raise
        return relay

    def _submit(self, relay: Relay, message: Message) -> None:
        """Hand the email to the relay; if the address is not ASCII, by RFC 6531.

        Raises PermanentFailure if the relay does not take such an address.
        """
        sender = message.sender if isinstance(message.sender, str) else message.sender[1]
        (recipient,) = map(str, message.send_to)
        options = []
        if not recipient.isascii():
            relay.ehlo_or_helo_if_needed()
            if not relay.has_extn("smtputf8"):
                raise PermanentFailure("the stored address is not ASCII, and the relay does not offer SMTPUTF8")
            options = ["SMTPUTF8", *["BODY=8BITMIME"] * relay.has_extn("8bitmime")]
        relay.sendmail(self.envelope_sender or sender, [recipient], message.as_bytes(), options)

    def _alive(self, relay: Relay, ends_at: float) -> bool:
        """Give a kept connection its new deadline, and check that it is alive if it was idle."""
        relay.ends_at = ends_at
        if self._is_fresh():
            return True
        try:
            return relay.noop()[0] == _OK
        except (OSError, smtplib.SMTPException):
            return False

    def _is_fresh(self) -> bool:
        """Tell whether the relay has answered on the connection so lately that it need not be checked."""
        return time.monotonic() - self._used_at < self.max_idle

    def _abandon(self) -> None:
        """Drop the connection without QUIT: after a failure its state is unknown."""
        if self._relay is not None:
            self._relay.close()
        self._relay = None


def _ended(error: Exception) -> bool:
    """Tell whether the relay has ended the connection: without a word, or by a 421 (RFC 5321, 3.8)."""
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code == _CLOSING
    return isinstance(error, (ConnectionError, smtplib.SMTPServerDisconnected))
