"""Access tokens for the relay (OAuth 2.0, RFC 6749): fetched once for many log-ins, and renewed before their end."""

import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from threading import Lock
from typing import Any
from urllib.parse import quote_plus, urlencode

from shared.connections.bounded_http import ask
from shared.words import words
from worker.smtp.failures import MisconfiguredRelay, TransientFailure

TIMEOUT = 10.0  # Seconds for the connection and the whole answer.
MAX_BYTES = 64 * 1024
MARGIN = 300.0  # Seconds before its end at which a token is renewed, or half of its life if that is less.
LIFETIME = 3600.0  # Seconds, if the answer does not say it.
MIN_INTERVAL = 60.0  # Seconds between two tokens that are fetched because the relay refused the one before.
_OK, _TOO_MANY, _SERVER_ERROR = 200, 429, 500
_HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
# The first that fits: https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes, RFC 6749, 5.2.
_HINTS = {
    "AADSTS7000215": "MAIL_OAUTH_CLIENT_SECRET is wrong: it must be the secret's value, not its ID.",
    "AADSTS7000222": "The client secret has expired: make another one and set MAIL_OAUTH_CLIENT_SECRET.",
    "AADSTS700016": "MAIL_OAUTH_CLIENT_ID names no application of this tenant.",
    "AADSTS90002": "MAIL_OAUTH_ENDPOINT names a tenant that does not exist.",
    "invalid_grant": "The refresh token has expired or was revoked: get another one and set MAIL_OAUTH_REFRESH_TOKEN.",
    "invalid_client": "Check MAIL_OAUTH_CLIENT_ID and MAIL_OAUTH_CLIENT_SECRET.",
    "unauthorized_client": "The application may not ask for tokens in this way: check its grants at the provider.",
    "invalid_scope": "Check MAIL_OAUTH_SCOPE.",
}


@dataclass
class AccessTokens:
    """The access token for one account. Several threads may use it.

    url: the token endpoint. form: what it is asked with.
    """

    url: str
    form: Mapping[str, str] = field(repr=False)
    clock: Callable[[], float] = time.monotonic
    _token: str = field(default="", init=False, repr=False)
    _renew_at: float = field(default=0.0, init=False)
    _forgotten_at: float | None = field(default=None, init=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def get(self, seconds: float = TIMEOUT) -> str:
        """Return a token that is good for a while; if need be, fetch one within so many seconds.

        Raises MisconfiguredRelay if the endpoint refuses, TransientFailure if it gives no answer.
        """
        began = time.monotonic()
        if not self._lock.acquire(timeout=max(0.0, seconds)):
            raise TransientFailure("no access token: another connection waits for one")
        try:
            now = self.clock()
            if not self._token or now >= self._renew_at:
                self._token, lifetime = self._fetch(max(0.1, seconds - (time.monotonic() - began)))
                self._renew_at = now + lifetime - min(MARGIN, lifetime / 2)
            return self._token
        finally:
            self._lock.release()

    def forget(self, token: str) -> bool:
        """Let the next token be fetched anew, because the relay refused this one; return False if one just was."""
        with self._lock:
            now = self.clock()
            if token != self._token:
                return True  # Another connection was faster.
            if self._forgotten_at is not None and now - self._forgotten_at < MIN_INTERVAL:
                return False
            self._forgotten_at, self._token = now, ""
            return True

    def _fetch(self, seconds: float) -> tuple[str, float]:
        try:
            status, body = ask("POST", self.url, urlencode(self.form), _HEADERS, seconds, MAX_BYTES)
        except ssl.SSLCertVerificationError as error:
            hint = "Check MAIL_OAUTH_ENDPOINT, and this machine's certificates."
            raise MisconfiguredRelay(f"no access token: {words(str(error))}", hint) from None
        except (OSError, ValueError, HTTPException) as error:
            raise TransientFailure(f"no access token: {type(error).__name__}: {words(str(error))}") from None
        answer = _parsed(body)
        token, lifetime = answer.get("access_token"), answer.get("expires_in", LIFETIME)
        if status == _OK and isinstance(token, str) and token.isascii() and token.isprintable() and token:
            # Some endpoints write the number as a text.
            return token, float(str(lifetime)) if str(lifetime).isdecimal() else LIFETIME
        raise self._refused(status, answer)

    def _refused(self, status: int, answer: Mapping[str, Any]) -> TransientFailure:
        said = " ".join(str(answer.get(name, "")) for name in ("error", "error_description"))
        # An endpoint might quote what it was sent.
        for secret in ("client_secret", "refresh_token"):
            if self.form.get(secret):
                for spelling in (self.form[secret], quote_plus(self.form[secret])):
                    said = said.replace(spelling, "[secret]")
        reason = f"no access token: {status} {words(said)}".strip()
        if status == _TOO_MANY or status >= _SERVER_ERROR:
            return TransientFailure(reason)
        hints = (hint for code, hint in _HINTS.items() if code in said)
        return MisconfiguredRelay(reason, next(hints, "Check the MAIL_OAUTH_... settings."))


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    return answer if isinstance(answer, dict) else {}
