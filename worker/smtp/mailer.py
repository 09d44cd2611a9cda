"""Send emails over a kept connection, and sort failures by what to do about them."""

import smtplib
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, field

from flask import Flask
from flask_mail import Connection, Mail, Message

from worker.smtp.connection import MAX_IDLE, MAX_MAILS, Relay, connect_relay

DIALOGUE = 45.0  # Seconds for one connection and email together, however slowly the relay answers.
_OK = 250
_PERMANENT = 500
_LOG_IN_OR_TLS = (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError, ssl.SSLError)


class MailFailed(Exception):
    """The email was not sent. The reason is a short text without addresses."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TransientFailure(MailFailed):
    """Another attempt later may succeed."""


class MisconfiguredRelay(TransientFailure):
    """The settings or the relay must be corrected: log-in or TLS fails, or the sender is refused."""


class UnknownOutcome(TransientFailure):
    """The relay received the whole email but did not say whether it accepted it."""


class PermanentFailure(MailFailed):
    """The relay will never accept this email."""


@dataclass
class Mailer:
    """Sends emails over one connection that is kept between them. Not thread-safe."""

    app: Flask
    timeout: float
    tls: ssl.SSLContext
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
        mail = self.app.extensions["mail"]
        try:
            relay = self._ready(mail, time.monotonic() + self.dialogue)
            connection = Connection(mail)
            connection.host = relay
            connection.send(message)
        except Exception as error:
            unsure = self._relay is not None and self._relay.unanswered_mail
            self._abandon()
            failure = _sorted(error)
            raise UnknownOutcome(failure.reason) if unsure else failure from None
        self._used_at = time.monotonic()
        if relay.mails >= self.max_mails:
            self.close()
        return relay.answer

    def close(self) -> None:
        """End the connection politely. Failures do not matter: the emails are sent."""
        if self._relay is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._relay.quit()
        self._abandon()

    def _ready(self, mail: Mail, ends_at: float) -> Relay:
        if self._relay is not None and not self._alive(self._relay, ends_at):
            self._abandon()
        if self._relay is None:
            self._relay = connect_relay(mail, self.timeout, self.tls, ends_at)
        return self._relay

    def _alive(self, relay: Relay, ends_at: float) -> bool:
        """Give a kept connection its new deadline, and check that it is alive if it was idle."""
        relay.ends_at = ends_at
        if time.monotonic() - self._used_at < self.max_idle:
            return True
        try:
            return relay.noop()[0] == _OK
        except (OSError, smtplib.SMTPException):
            return False

    def _abandon(self) -> None:
        """Drop the connection without QUIT: after a failure its state is unknown."""
        if self._relay is not None:
            self._relay.close()
        self._relay = None


def _sorted(error: Exception) -> MailFailed:
    """Sort a failure by what to do about it. Keep its code, but not the relay's text, which holds addresses."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            codes = [code for code, _ in error.recipients.values()]
            return _by_code("recipient refused", max(codes))
        case smtplib.SMTPSenderRefused() if error.smtp_code >= _PERMANENT:
            return MisconfiguredRelay(f"sender refused: {error.smtp_code}")
        case smtplib.SMTPDataError():
            return _by_code("message refused", error.smtp_code)
        case smtplib.SMTPException() | OSError():
            # smtplib has no exception of its own for "no way to log in".
            nameless = type(error) is smtplib.SMTPException
            # A dropped TLS connection is treated like any other dropped connection.
            log_in_or_tls = isinstance(error, _LOG_IN_OR_TLS) and not isinstance(error, ssl.SSLEOFError)
            kind = MisconfiguredRelay if nameless or log_in_or_tls else TransientFailure
            return kind(type(error).__name__)
    raise error


def _by_code(what: str, code: int) -> MailFailed:
    kind = PermanentFailure if code >= _PERMANENT else TransientFailure
    return kind(f"{what}: {code}")
