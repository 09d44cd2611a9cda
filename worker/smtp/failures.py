"""How sending an email can fail, sorted by what to do about it."""

import smtplib
import ssl

from shared.words import words
from worker.smtp.refusals import Fault, fault_of

_STAGES: dict[type[Exception], str] = {
    smtplib.SMTPConnectError: "GREETING",
    smtplib.SMTPHeloError: "EHLO",
    smtplib.SMTPAuthenticationError: "AUTH",
    smtplib.SMTPSenderRefused: "MAIL",
    smtplib.SMTPDataError: "DATA",
    smtplib.SMTPResponseException: "STARTTLS",  # smtplib has no exception of its own for it.
}
_WHAT = {
    "GREETING": "connection refused",
    "EHLO": "EHLO refused",
    "STARTTLS": "TLS refused",
    "AUTH": "log-in refused",
    "MAIL": "sender refused",
    "RCPT": "recipient refused",
    "DATA": "message refused",
}
_POLICY = "This is not about the recipient. The relay's words say what it misses, and its console may say more."
_HINTS = {
    "GREETING": "Check MAIL_SERVER and MAIL_PORT, and that the relay takes mail from this machine.",
    "EHLO": "Set MAIL_EHLO_NAME to a name that the relay takes.",
    "STARTTLS": "Check MAIL_PORT, MAIL_USE_TLS, MAIL_USE_SSL and MAIL_CA_FILE.",
    "AUTH": "Check MAIL_USERNAME, and MAIL_PASSWORD or MAIL_OAUTH_..., and that the account may send by SMTP.",
    "MAIL": "Check MAIL_DEFAULT_SENDER and MAIL_ENVELOPE_SENDER, and that the account may send as them.",
    "RCPT": _POLICY,
    "DATA": _POLICY,
}
# https://techcommunity.microsoft.com/blog/exchange/exchange-online-to-retire-basic-auth-for-client-submission-smtp-auth/4114750
_NO_PASSWORDS = (
    "Microsoft 365 ends SMTP log-in with a password at the end of December 2026: set MAIL_OAUTH_ENDPOINT. "
    "The administrator must also allow SMTP AUTH for the mailbox."
)
_LOG_IN_OR_TLS = (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError, ssl.SSLError)


class MailFailed(Exception):
    """The email was not sent. The reason is a short text without addresses, in the relay's words where it has some."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


class TransientFailure(MailFailed):
    """Another attempt later may succeed."""


class MisconfiguredRelay(TransientFailure):
    """The settings or the relay must be corrected, as the hint says; it concerns every email."""


class UnknownOutcome(TransientFailure):
    """The relay received the whole email but did not say whether it accepted it."""


class PermanentFailure(MailFailed):
    """The relay will never accept this email."""


def failure_of(error: Exception) -> MailFailed:
    """Sort a failure by what to do about it.

    Raises the error itself if it is neither the relay's nor the network's.
    """
    match error:
        case MailFailed():
            return error
        case smtplib.SMTPRecipientsRefused():
            return _refused("RCPT", *max(error.recipients.values()))
        case smtplib.SMTPResponseException():
            return _refused(_STAGES.get(type(error), "DATA"), error.smtp_code, error.smtp_error)
        case smtplib.SMTPException() | OSError():
            reason = f"{type(error).__name__}: {words(str(error))}".removesuffix(": ")
            # smtplib has no exception of its own for "no way to log in". A dropped TLS connection is treated like any
            # other dropped connection.
            nameless = type(error) is smtplib.SMTPException
            log_in_or_tls = isinstance(error, _LOG_IN_OR_TLS) and not isinstance(error, ssl.SSLEOFError)
            if nameless or log_in_or_tls:
                tls = isinstance(error, ssl.SSLError) or "STARTTLS" in reason
                return MisconfiguredRelay(reason, _HINTS["STARTTLS" if tls else "AUTH"])
            return TransientFailure(reason)
    raise error


def _refused(stage: str, code: int, text: bytes | str) -> MailFailed:
    said = text if isinstance(text, str) else text.decode(errors="replace")
    reason = f"{_WHAT[stage]}: {code} {words(said)}".strip()
    match fault_of(stage, code, said):
        case Fault.RECIPIENT:
            return PermanentFailure(reason)
        case Fault.PASSING:
            return TransientFailure(reason)
    no_passwords = "5.7.139" in said or "5.7.30" in said
    return MisconfiguredRelay(reason, _NO_PASSWORDS if no_passwords else _HINTS[stage])
