"""Log in at the relay: with a password, or with an access token (SASL XOAUTH2 or OAUTHBEARER)."""

import binascii
import smtplib

from worker.smtp.access_token import TIMEOUT, AccessTokens
from worker.smtp.connection import Relay

_CHALLENGE = 334
# What is said first, and what after an error.
_WORDS = {
    # https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
    "XOAUTH2": ("user={}\x01auth=Bearer {}\x01\x01", ""),
    "OAUTHBEARER": ("n,a={},\x01auth=Bearer {}\x01\x01", "\x01"),  # RFC 7628.
}


def log_in(relay: Relay, username: str, password: str, tokens: AccessTokens | None) -> None:
    """Log in at the relay.

    Raises SMTPException, and what the fetching of a token raises.
    """
    relay.ehlo_or_helo_if_needed()
    relay.logging_in = True
    try:
        if tokens is None:
            relay.login(username, password)
        else:
            _log_in_with_token(relay, username, tokens)
    except binascii.Error:
        raise smtplib.SMTPAuthenticationError(_CHALLENGE, b"a challenge that is not base64") from None
    relay.logging_in = False


def _log_in_with_token(relay: Relay, username: str, tokens: AccessTokens) -> None:
    """Log in with a token, and with a new one if the relay refuses the first: it may have been revoked."""
    offered = relay.esmtp_features.get("auth", "").upper().split()
    mechanism = next((name for name in _WORDS if name in offered), "")
    if not mechanism:
        raise smtplib.SMTPNotSupportedError("the relay offers neither XOAUTH2 nor OAUTHBEARER")
    token = tokens.get(relay.left(TIMEOUT))
    try:
        _present(relay, mechanism, username, token)
    except smtplib.SMTPAuthenticationError:
        if not tokens.forget(token):
            raise
        _present(relay, mechanism, username, tokens.get(relay.left(TIMEOUT)))


def _present(relay: Relay, mechanism: str, username: str, token: str) -> None:
    # In names, OAUTHBEARER writes "=" and "," as "=3D" and "=2C" (RFC 5801, 4).
    name = username if mechanism == "XOAUTH2" else username.replace("=", "=3D").replace(",", "=2C")
    first, after_error = _WORDS[mechanism]
    # A relay explains a refusal in a challenge, wants an answer to it, and only then refuses.
    relay.auth(mechanism, lambda challenge=None: first.format(name, token) if challenge is None else after_error)
