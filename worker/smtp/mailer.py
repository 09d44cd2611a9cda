"""Sends mails over a kept connection, and sorts what can go wrong by what to do about it."""

import smtplib
import ssl
import time
from contextlib import suppress

from flask import Flask
from flask_mail import Message

from worker.smtp.connection import VerifiedConnection

DIALOGUE = 45.0  # Seconds for one connection and mail together, however slowly the relay answers.
MAX_MAILS = 100  # Relays commonly end a connection after as many.
MAX_IDLE = 5.0  # Seconds after which a kept connection is asked whether it is alive.
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


class Mailer:
    """Sends mails over one connection that is kept between them. Not for several threads."""

    def __init__(
        self,
        app: Flask,
        timeout: float,
        tls: ssl.SSLContext,
        *,
        dialogue: float = DIALOGUE,
        max_idle: float = MAX_IDLE,
        max_mails: int = MAX_MAILS,
    ) -> None:
        self._app = app
        self._timeout = timeout
        self._tls = tls
        self._dialogue = dialogue
        self._max_idle = max_idle
        self._max_mails = max_mails
        self._connection: VerifiedConnection | None = None
        self._used_at = 0.0

    def send(self, message: Message) -> str:
        """Hand the mail to the relay, in `dialogue` seconds at most, and return what it answered.

        Raises UnknownOutcome if the relay had it and did not answer; TransientFailure, MisconfiguredRelay or
        PermanentFailure if it did not take it.
        """
        try:
            connection = self._open(time.monotonic() + self._dialogue)
            connection.send(message)
        except Exception as error:
            unsure = self._connection is not None and self._connection.host.unanswered_mail
            self._abandon()
            failure = _sorted(error)
            raise UnknownOutcome(failure.reason) if unsure else failure from None
        self._used_at = time.monotonic()
        answer = connection.host.answer
        if connection.num_emails >= self._max_mails:
            self.close()
        return answer

    def close(self) -> None:
        """Say goodbye. That it fails does not matter: what was sent is sent."""
        if self._connection is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._connection.host.quit()
        self._abandon()

    def _open(self, ends_at: float) -> VerifiedConnection:
        if self._connection is not None and not self._alive(self._connection, ends_at):
            self._abandon()
        if self._connection is None:
            connection = VerifiedConnection(self._app.extensions["mail"], self._timeout, self._tls, ends_at)
            connection.__enter__()  # Not left with __exit__, which raises where QUIT fails after a mail was taken.
            self._connection = connection
        return self._connection

    def _alive(self, connection: VerifiedConnection, ends_at: float) -> bool:
        """Give a kept connection its new deadline, and ask it for a sign of life if it has rested."""
        connection.host.ends_at = ends_at
        if time.monotonic() - self._used_at < self._max_idle:
            return True
        try:
            return connection.host.noop()[0] == _OK
        except (OSError, smtplib.SMTPException):
            return False

    def _abandon(self) -> None:
        """Drop the connection without a dialogue: after a failure its state is unknown."""
        if self._connection is not None:
            self._connection.host.close()
        self._connection = None


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
            kind = MisconfiguredRelay if _asks_for_a_person(error) else TransientFailure
            return kind(type(error).__name__)
    raise error


def _asks_for_a_person(error: Exception) -> bool:
    """Tell whether log-in or TLS failed; a TLS connection that was merely dropped is like any other."""
    # smtplib has no class of its own for "no way to log in".
    nameless = type(error) is smtplib.SMTPException
    return nameless or (isinstance(error, _LOG_IN_OR_TLS) and not isinstance(error, ssl.SSLEOFError))


def _by_code(what: str, code: int) -> MailFailed:
    kind = PermanentFailure if code >= _PERMANENT else TransientFailure
    return kind(f"{what}: {code}")
