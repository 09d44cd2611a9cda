"""Look a password up among leaked ones, at Have I Been Pwned or another service with its range protocol.

Only five of the 40 hexadecimal digits of its SHA-1 are sent (k-anonymity); hundreds of passwords share them.
"""

import hashlib
import re
import time
from http.client import HTTPException

from api.passwords.policy import WeakPassword
from api.passwords.readings import readings
from shared.connections.bounded_http import ask
from shared.log import get_logger

TIMEOUT = 2.0  # Seconds for all lookups of a password: names, connections and answers.
MAX_BYTES = 256 * 1024  # The longest answer that is read; a padded one has 40 kB.
PREFIX = 5  # Hexadecimal digits.
# Padding makes all answers similar in size, so that their size does not reveal the prefix.
_HEADERS = {"Add-Padding": "true"}
_LINE = re.compile(r"([0-9A-Fa-f]{35}):(\d{1,15})")

log = get_logger(__name__)


class BreachCheckAway(Exception):
    """The service gives no answer, and the settings require one."""

    hint = (
        "Leaked passwords cannot be looked up. Check BREACH_CHECK_URL and the network to it, or set BREACH_CHECK=open."
    )


class _NoAnswer(Exception):
    """The answer does not follow the protocol."""


class RangeService:
    """A service that knows leaked passwords."""

    def __init__(self, url: str, *, needed: bool, timeout: float = TIMEOUT) -> None:
        self._url = url
        self._needed = needed
        self._timeout = timeout

    def check(self, password: str) -> None:
        """Refuse a password that has leaked as typed, without what nobody sees, or in plain letters.

        Raises WeakPassword, and BreachCheckAway if the service gives no answer and one is required.
        """
        deadline = time.monotonic() + self._timeout
        try:
            leaked = any(self._has_leaked(text, deadline) for text in readings(password))
        except (OSError, ValueError, HTTPException, _NoAnswer) as error:
            # Only the type is logged: the text may hold the prefix.
            log.warning("breach_check_away", error=type(error).__name__, refused=self._needed)
            if self._needed:
                raise BreachCheckAway from None
            return
        if leaked:
            raise WeakPassword(["breached"])

    def _has_leaked(self, text: str, deadline: float) -> bool:
        digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest().upper()
        left = max(0.0, deadline - time.monotonic())
        status, body = ask("GET", self._url + digest[:PREFIX], None, _HEADERS, left, MAX_BYTES)
        if status != 200:  # noqa: PLR2004 - a status is best known by its number
            raise _NoAnswer
        return digest[PREFIX:] in _suffixes(body.decode("ascii", "replace"))


def _suffixes(text: str) -> set[str]:
    """Parse lines of `SUFFIX:COUNT`; a count of 0 is padding."""
    lines = [_LINE.fullmatch(line) for line in text.split()]
    if not lines or None in lines:
        raise _NoAnswer
    return {line[1].upper() for line in lines if line and int(line[2])}
