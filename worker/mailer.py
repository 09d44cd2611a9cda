"""Flask-Mail with what it lacks: timeouts, verified TLS, a kept connection, and failures sorted by what to do."""

import smtplib
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass

from flask import Flask
from flask_mail import Connection, Mail, Message

MOST_MAILS = 100  # Relays commonly end a connection after as many.
MOST_IDLE = 5.0  # Seconds after which a kept connection is asked whether it is alive.
_OK = 250
_PERMANENT = 500


class MailFailed(Exception):
    """The mail is not sent. The reason is a short text without addresses."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TransientFailure(MailFailed):
    """Trying again later may help."""


class MisconfiguredRelay(TransientFailure):
    """Somebody must look at the settings or the relay: no log-in, no TLS, or the sender refused."""


class PermanentFailure(MailFailed):
    """The relay will never take this mail."""


@dataclass(frozen=True)
class Relay:
    """How to reach the relay, beyond what Flask-Mail knows."""

    timeout: float
    context: ssl.SSLContext


class VerifiedConnection(Connection):
    """Flask-Mail's connection, with a timeout and with certificates checked."""

    def __init__(self, mail: Mail, relay: Relay) -> None:
        super().__init__(mail)
        self._relay = relay

    def configure_host(self) -> smtplib.SMTP | smtplib.SMTP_SSL:
        """Connect, start TLS where asked for, and log in."""
        mail, relay = self.mail, self._relay
        host: smtplib.SMTP | smtplib.SMTP_SSL
        if mail.use_ssl:
            host = smtplib.SMTP_SSL(mail.server, mail.port, timeout=relay.timeout, context=relay.context)
        else:
            host = smtplib.SMTP(mail.server, mail.port, timeout=relay.timeout)
        try:
            if mail.use_tls:
                host.starttls(context=relay.context)
            if mail.username:
                host.login(mail.username, mail.password)
        except BaseException:
            host.close()
            raise
        return host


class Mailer:
    """Sends mails over one connection that is kept between them. Not for several threads."""

    def __init__(self, app: Flask, relay: Relay) -> None:
        self._app = app
        self._relay = relay
        self._connection: VerifiedConnection | None = None
        self._used_at = 0.0

    def send(self, message: Message) -> None:
        """Hand the mail to the relay.

        Raises TransientFailure, MisconfiguredRelay or PermanentFailure; then it was not taken, as far as can be known.
        """
        try:
            connection = self._open()
            connection.send(message)
        except Exception as error:
            self._abandon()
            raise _sorted(error) from None
        self._used_at = time.monotonic()
        if connection.num_emails >= MOST_MAILS:
            self.close()

    def close(self) -> None:
        """Say goodbye. That it fails does not matter: what was sent is sent."""
        if self._connection is not None and self._connection.host is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._connection.host.quit()
        self._abandon()

    def _open(self) -> VerifiedConnection:
        if self._connection is not None and not self._alive(self._connection):
            self._abandon()
        if self._connection is None:
            connection = VerifiedConnection(self._app.extensions["mail"], self._relay)
            connection.__enter__()  # Not left with __exit__, which raises where QUIT fails after a mail was taken.
            self._connection = connection
        return self._connection

    def _alive(self, connection: VerifiedConnection) -> bool:
        if time.monotonic() - self._used_at < MOST_IDLE:
            return True
        assert connection.host is not None
        try:
            return connection.host.noop()[0] == _OK
        except (OSError, smtplib.SMTPException):
            return False

    def _abandon(self) -> None:
        """Drop the connection without a dialogue: after a failure its state is unknown."""
        if self._connection is not None and self._connection.host is not None:
            self._connection.host.close()
        self._connection = None


def _sorted(error: Exception) -> MailFailed:
    """Sort a failure by what to do about it, keeping its code and leaving the relay's words, which hold addresses."""
    match error:
        case smtplib.SMTPAuthenticationError() | smtplib.SMTPNotSupportedError() | ssl.SSLError():
            return MisconfiguredRelay(type(error).__name__)
        case smtplib.SMTPRecipientsRefused():
            codes = [code for code, _ in error.recipients.values()]
            return _by_code("recipient refused", max(codes))
        case smtplib.SMTPSenderRefused() if error.smtp_code >= _PERMANENT:
            return MisconfiguredRelay(f"sender refused: {error.smtp_code}")
        case smtplib.SMTPDataError():
            return _by_code("message refused", error.smtp_code)
        case smtplib.SMTPException() | OSError():
            return TransientFailure(type(error).__name__)
    raise error


def _by_code(what: str, code: int) -> MailFailed:
    kind = PermanentFailure if code >= _PERMANENT else TransientFailure
    return kind(f"{what}: {code}")
