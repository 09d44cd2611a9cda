"""Is a password in a collection of leaked ones? Asked of Have I Been Pwned, or of whoever speaks its range protocol.

Five of the 40 hexadecimal digits of its SHA-1 leave (k-anonymity); hundreds of passwords share them. Of the standard
library, because one GET needs no client: http.client follows no redirect, and by default checks no less than the
certificate and the host's name.
"""

import hashlib
import re
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from api.passwords.policy import WeakPassword
from shared.log import get_logger

TIMEOUT = 2.0  # Seconds for the whole: name, connection, answer.
MAX_BYTES = 256 * 1024  # Of an answer; with padding it has 40 kB.
PREFIX = 5  # Hexadecimal digits.
# Padding makes answers of like size, so that those who see only sizes do not see which was asked for.
_HEADERS = {"Add-Padding": "true", "User-Agent": "Latchkey", "Connection": "close"}
_LINE = re.compile(r"([0-9A-Fa-f]{35}):(\d{1,15})")

log = get_logger(__name__)


class BreachCheckAway(Exception):
    """The collection cannot be asked, and the settings say that nothing goes without it."""


class _NoAnswer(Exception):
    """What came is not an answer of the protocol."""


class RangeService:
    """Asks a service in a thread that is given up after `timeout` seconds: no timeout of a socket bounds a whole."""

    def __init__(self, url: str, at_a_time: int, *, needed: bool, timeout: float = TIMEOUT) -> None:
        self._url = urlsplit(url)
        self._needed = needed
        self._timeout = timeout
        self._askers = ThreadPoolExecutor(at_a_time, "breaches")
        self._tls = ssl.create_default_context()

    def check(self, password: str) -> None:
        """Look the password up.

        Raises WeakPassword, and BreachCheckAway where the service gives no answer and is needed.
        """
        digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        opened: list[socket.socket] = []
        asked = self._askers.submit(self._ask, digest[:PREFIX], time.monotonic() + self._timeout, opened)
        try:
            suffixes = asked.result(self._timeout)
        # A TimeoutError is an OSError; a name that cannot be one is a UnicodeError.
        except (OSError, UnicodeError, HTTPException, _NoAnswer) as error:
            asked.cancel()
            for late in opened:  # Wake the thread that still reads: who sends a byte a second would keep it for ever.
                with suppress(OSError):
                    late.shutdown(socket.SHUT_RDWR)
            # The type alone: a text may hold what was asked for.
            log.warning("breach_check_away", error=type(error).__name__, refused=self._needed)
            if self._needed:
                raise BreachCheckAway from None
            return
        if digest[PREFIX:] in suffixes:
            raise WeakPassword(["breached"])

    def _ask(self, prefix: str, deadline: float, opened: list[socket.socket]) -> set[str]:
        """Return the other 35 digits of every leaked password that begins so."""
        with closing(self._connection()) as connection:
            connection.connect()
            opened.append(connection.sock)
            if time.monotonic() > deadline:
                raise TimeoutError  # Nobody waits any more, nor cuts what was opened this late.
            connection.request("GET", self._url.path + prefix, headers=_HEADERS)
            with connection.getresponse() as answer:
                if answer.status != 200:  # noqa: PLR2004 - a status is best known by its number
                    raise _NoAnswer
                body = answer.read(MAX_BYTES + 1)
                # Where it is cut short, what is missing may be what was asked for.
                if len(body) > MAX_BYTES or answer.length:
                    raise _NoAnswer
        return _suffixes(body.decode("ascii", "replace"))

    def _connection(self) -> HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        if self._url.scheme == "http":
            return HTTPConnection(host, port, timeout=self._timeout)
        return HTTPSConnection(host, port, timeout=self._timeout, context=self._tls)


def _suffixes(text: str) -> set[str]:
    """Read lines of `SUFFIX:COUNT`; those that occur no time are padding."""
    lines = [_LINE.fullmatch(line) for line in text.split()]
    if not lines or None in lines:
        raise _NoAnswer
    return {line[1].upper() for line in lines if line and int(line[2])}
