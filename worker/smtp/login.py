"""Log in at the relay: with a password, or with an access token (SASL XOAUTH2 or OAUTHBEARER)."""

import binascii
import smtplib

from worker.smtp.access_token import AccessTokens
from worker.smtp.connection import Relay


def log_in(relay: Relay, username: str, password: str, tokens: AccessTokens | None) -> None:
    """Log in at the relay.

    Raises SMTPException, and what the fetching of a token raises.
    """
    relay.logging_in = True
    if tokens is None:
        relay.login(username, password)
    else:
        _log_in_with_token(relay, username, tokens)
    relay.logging_in = False


def _log_in_with_token(relay: Relay, username: str, tokens: AccessTokens) -> None:
    """Log in with a token, and with a new one if the relay refuses the first: it may have been revoked."""
    relay.ehlo_or_helo_if_needed()
    try:
        _present(relay, username, tokens.get(relay.ends_at))
    except smtplib.SMTPAuthenticationError:
        if not tokens.forget():
            raise
        _present(relay, username, tokens.get(relay.ends_at))


def _present(relay: Relay, username: str, token: str) -> None:
    offered = relay.esmtp_features.get("auth", "").upper().split()
    first, after_error = f"user={username}\x01auth=Bearer {token}\x01\x01", ""
    mechanism = "XOAUTH2"  # https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
    if mechanism not in offered and "OAUTHBEARER" in offered:
        # RFC 7628. In names, "=" and "," are written as "=3D" and "=2C" (RFC 5801, 4).
        name = username.replace("=", "=3D").replace(",", "=2C")
        mechanism, after_error = "OAUTHBEARER", "\x01"
        first = f"n,a={name},\x01auth=Bearer {token}\x01\x01"
    elif mechanism not in offered:
        raise smtplib.SMTPNotSupportedError("the relay offers neither XOAUTH2 nor OAUTHBEARER")
    try:
        # The relay explains a refusal in a challenge, wants an answer to it, and only then refuses.
        relay.auth(mechanism, lambda challenge=None: first if challenge is None else after_error)
    except binascii.Error:
        raise smtplib.SMTPAuthenticationError(334, b"a challenge that is not base64") from None
