"""Sends mails over a kept connection, and sorts what can go wrong by what to do about it."""

import smtplib
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, field

from flask import Flask
from flask_mail import Connection, Mail, Message

from worker.smtp.connection import MAX_IDLE, MAX_MAILS, Relay, connect_relay

DIALOGUE = 45.0  # Seconds for one connection and mail together, however slowly the relay answers.
_OK = 250
_PERMANENT = 500
_LOG_IN_OR_TLS = (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError, ssl.SSLError)


class MailFailed(Exception):
    """The mail is not sent. The reason is a short text without addresses."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TransientFailure(MailFailed):
    """Trying again later may help."""


class MisconfiguredRelay(TransientFailure):
    """Somebody must look at the settings or the relay: no log-in, no TLS, or the sender refused."""


class UnknownOutcome(TransientFailure):
    """The relay had all of the mail and did not say whether it took it."""


class PermanentFailure(MailFailed):
    """The relay will never take this mail."""


@dataclass
class Mailer:
    """Sends mails over one connection that is kept between them. Not for several threads."""

    app: Flask
    timeout: float
    tls: ssl.SSLContext
    dialogue: float = DIALOGUE
    max_idle: float = MAX_IDLE
    max_mails: int = MAX_MAILS
    _relay: Relay | None = field(default=None, init=False)
    _used_at: float = field(default=0.0, init=False)

    def send(self, message: Message) -> str:
        """Hand the mail to the relay, in `dialogue` seconds at most, and return what it answered.

        Raises UnknownOutcome if the relay had it and did not answer; TransientFailure, MisconfiguredRelay or
        PermanentFailure if it did not take it.
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
        """Say goodbye. That it fails does not matter: what was sent is sent."""
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
        """Give a kept connection its new deadline, and ask it for a sign of life if it has rested."""
        relay.ends_at = ends_at
        if time.monotonic() - self._used_at < self.max_idle:
            return True
        try:
            return relay.noop()[0] == _OK
        except (OSError, smtplib.SMTPException):
            return False

    def _abandon(self) -> None:
        """Drop the connection without a dialogue: after a failure its state is unknown."""
        if self._relay is not None:
            self._relay.close()
        self._relay = None


def _sorted(error: Exception) -> MailFailed:
    """Sort a failure by what to do about it, keeping its code and leaving the relay's words, which hold addresses."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            codes = [code for code, _ in error.recipients.values()]
            return _by_code("recipient refused", max(codes))
        case smtplib.SMTPSenderRefused() if error.smtp_code >= _PERMANENT:
            return MisconfiguredRelay(f"sender refused: {error.smtp_code}")
        case smtplib.SMTPDataError():
            return _by_code("message refused", error.smtp_code)
        case smtplib.SMTPException() | OSError():
            # smtplib has no class of its own for "no way to log in".
            nameless = type(error) is smtplib.SMTPException
            # A TLS connection that was merely dropped is like any other.
            log_in_or_tls = isinstance(error, _LOG_IN_OR_TLS) and not isinstance(error, ssl.SSLEOFError)
            kind = MisconfiguredRelay if nameless or log_in_or_tls else TransientFailure
            return kind(type(error).__name__)
    raise error


def _by_code(what: str, code: int) -> MailFailed:
    kind = PermanentFailure if code >= _PERMANENT else TransientFailure
    return kind(f"{what}: {code}")
