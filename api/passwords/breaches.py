"""Look a password up among leaked ones, at Have I Been Pwned or another service with its range protocol.

Only five of the 40 hexadecimal digits of its SHA-1 are sent (k-anonymity); hundreds of passwords share them. The
standard library's http.client is enough for one GET: it follows no redirects, and the default TLS context verifies the
certificate and the host name.
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

TIMEOUT = 2.0  # Seconds for the whole lookup: name, connection and answer.
MAX_BYTES = 256 * 1024  # The longest answer that is read; a padded one has 40 kB.
PREFIX = 5  # Hexadecimal digits.
# Padding makes all answers similar in size, so that their size does not reveal the prefix.
_HEADERS = {"Add-Padding": "true", "User-Agent": "Latchkey", "Connection": "close"}
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
    """Queries a service in a thread, because a socket's timeout bounds each step and not the whole lookup."""

    def __init__(self, url: str, at_a_time: int, *, needed: bool, timeout: float = TIMEOUT) -> None:
        self._url = urlsplit(url)
        self._needed = needed
        self._timeout = timeout
        self._askers = ThreadPoolExecutor(at_a_time, "breaches")
        self._tls = ssl.create_default_context()

    def check(self, password: str) -> None:
        """Refuse a leaked password.

        Raises WeakPassword, and BreachCheckAway if the service gives no answer and one is required.
        """
        digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        opened: list[socket.socket] = []
        asked = self._askers.submit(self._ask, digest[:PREFIX], time.monotonic() + self._timeout, opened)
        try:
            suffixes = asked.result(self._timeout)
        # TimeoutError is an OSError; an impossible host name raises UnicodeError.
        except (OSError, ValueError, HTTPException, _NoAnswer) as error:
            asked.cancel()
            for late in opened:  # Wake the reading thread: a server could keep it forever by sending slowly.
                with suppress(OSError):
                    late.shutdown(socket.SHUT_RDWR)
            # Only the type is logged: the text may hold the prefix.
            log.warning("breach_check_away", error=type(error).__name__, refused=self._needed)
            if self._needed:
                raise BreachCheckAway from None
            return
        if digest[PREFIX:] in suffixes:
            raise WeakPassword(["breached"])

    def _ask(self, prefix: str, deadline: float, opened: list[socket.socket]) -> set[str]:
        """Return the other 35 digits of every leaked password whose digest begins with the prefix."""
        with closing(self._connection()) as connection:
            connection.connect()
            opened.append(connection.sock)
            if time.monotonic() > deadline:
                raise TimeoutError  # The caller has given up already, and will not close this socket.
            connection.request("GET", self._url.path + prefix, headers=_HEADERS)
            with connection.getresponse() as answer:
                if answer.status != 200:  # noqa: PLR2004 - a status is best known by its number
                    raise _NoAnswer
                body = b""
                # `read` would accept a chunk size of -1 bytes, and then read without a limit.
                while len(body) <= MAX_BYTES and (part := answer.read1(MAX_BYTES)):
                    body += part
                # The missing part of a truncated answer may hold the password.
                if len(body) > MAX_BYTES or answer.length:
                    raise _NoAnswer
        return _suffixes(body.decode("ascii", "replace"))

    def _connection(self) -> HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        if self._url.scheme == "http":
            return HTTPConnection(host, port, timeout=self._timeout)
        return HTTPSConnection(host, port, timeout=self._timeout, context=self._tls)


def _suffixes(text: str) -> set[str]:
    """Parse lines of `SUFFIX:COUNT`; a count of 0 is padding."""
    lines = [_LINE.fullmatch(line) for line in text.split()]
    if not lines or None in lines:
        raise _NoAnswer
    return {line[1].upper() for line in lines if line and int(line[2])}
