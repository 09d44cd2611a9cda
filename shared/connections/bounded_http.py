"""HTTP requests with one deadline for all of it: name, connection and answer.

The standard library's http.client is enough: it follows no redirect, which would carry a secret away, and the default
TLS context verifies the certificate and the host name.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import closing, suppress
from functools import cache
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

MAX_AT_A_TIME = 32  # Threads of a process. A name server that hangs keeps one for half a minute.
_HEADERS = {"User-Agent": "Latchkey", "Connection": "close"}
_threads = threading.BoundedSemaphore(MAX_AT_A_TIME)


def ask(
    method: str, url: str, body: str | None, headers: Mapping[str, str], seconds: float, max_bytes: int
) -> tuple[int, bytes]:
    """Send a request and return the status and the body of the answer.

    A thread does it, because the timeout of a socket bounds each step and starts again with each byte. Raises OSError,
    HTTPException, or ValueError for a host name that cannot be.
    """
    deadline = time.monotonic() + seconds
    connection, target = _connection(url, seconds)
    answer: Future[tuple[int, bytes]] = Future()

    def exchange() -> None:
        try:
            with closing(connection):
                connection.connect()
                if time.monotonic() < deadline:  # Otherwise nobody waits any more.
                    connection.request(method, target, body, {**_HEADERS, **headers})
                    answer.set_result(_read(connection, max_bytes))
        except Exception as error:
            answer.set_exception(error)
        finally:
            _threads.release()

    _start(exchange, seconds)
    try:
        return answer.result(max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        # Wake the thread: a server could keep it forever by sending slowly. There may be no socket yet.
        with suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)
        raise TimeoutError("timed out") from None


def _start(exchange: Callable[[], None], seconds: float) -> None:
    """Start the exchange in a thread, as soon as fewer than MAX_AT_A_TIME run.

    Raises OSError if there is no room for one in time, or the system starts no more threads.
    """
    if not _threads.acquire(timeout=seconds):
        raise TimeoutError("too many requests wait for answers")
    try:
        threading.Thread(target=exchange, name="bounded-http", daemon=True).start()
    except RuntimeError:
        _threads.release()
        raise OSError("no thread can be started") from None


def _connection(url: str, seconds: float) -> tuple[HTTPConnection, str]:
    """Return a connection that is not open yet, and what to ask for."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    target = f"{parts.path or '/'}?{parts.query}".removesuffix("?")
    if parts.scheme == "https":
        return HTTPSConnection(host, port, timeout=seconds, context=_tls()), target
    return HTTPConnection(host, port, timeout=seconds), target


@cache
def _tls() -> ssl.SSLContext:
    """Load this machine's certificates once, because that takes 20 ms."""
    return ssl.create_default_context()


def _read(connection: HTTPConnection, max_bytes: int) -> tuple[int, bytes]:
    with connection.getresponse() as answer:
        content = b""
        # `read` would accept a chunk size of -1 bytes, and then read without a limit.
        while len(content) <= max_bytes and (part := answer.read1(max_bytes)):
            content += part
        if len(content) > max_bytes or answer.length:
            raise OSError("the answer is too long, or was cut off")
        return answer.status, content
