"""Sends requests over keep-alive connections, at full speed or a steady rate; cheap, because it shares the cores."""

import select
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import inf
from typing import Self

CONNECTIONS = 32
POOL = 64  # Connections for requests at a steady rate.
TICK = 0.001  # Seconds.
TIMEOUT = 10.0  # Seconds to connect, and to wait for the last responses.
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length: "
_RETRY_AFTER = b"retry-after: "

Requests = Iterator[bytes]
"""Complete HTTP requests."""


@dataclass
class Answers:
    """The responses: the latency of each in seconds, in the order received, and their number by status."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """The number of responses."""
        return len(self.latencies)

    @property
    def rate(self) -> float:
        """Responses per second."""
        return self.count / self.seconds

    def note(self, status: int, latency: float) -> None:
        """Record a response."""
        self.latencies.append(latency)
        self.statuses[status] = self.statuses.get(status, 0) + 1


class Connection:
    """A connection with at most one request in flight."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self.since = 0.0
        self.retry_after = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def fileno(self) -> int:
        """Return the socket's file descriptor."""
        return self.socket.fileno()

    def send(self, request: bytes, since: float) -> None:
        """Send a request, whose latency counts from `since`."""
        self.since = since
        self.socket.sendall(request)

    def receive(self) -> int | None:
        """Return the status once the response is complete, else None; also store the seconds of its Retry-After.

        Raises ConnectionError.
        """
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed a connection")
        self._received += data
        head, end, body = self._received.partition(_END_OF_HEAD)
        if not end or len(body) < _number(head, _LENGTH):
            return None
        self._received = b""
        self.retry_after = float(_number(head, _RETRY_AFTER))
        return int(head[9:12])


def _number(head: bytes, header: bytes) -> int:
    """Return the value of a numeric header, or 0 if it is missing."""
    _, _, value = head.lower().partition(header)
    return int(value.split(b"\r", 1)[0] or 0)


def post(path: str, body: bytes, *headers: bytes) -> bytes:
    """Build a request with a JSON body."""
    lines = [f"POST {path} HTTP/1.1".encode(), b"Host: localhost", b"Content-Type: application/json", *headers]
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", body])


def run(
    port: int, requests: Requests, seconds: float, rate: float = inf, is_open: Callable[[], bool] = lambda: True
) -> Answers:
    """Send requests for some seconds and wait for the last response.

    Without a rate, each connection sends its next request as soon as it has a response, which saturates the server.
    With a rate, requests are sent when they are due, whether or not earlier ones have been answered, and their latency
    counts from then; if all connections are busy they wait, as in a client with a connection pool. Nothing is sent
    while `is_open` returns False.

    Raises TimeoutError or ConnectionError.
    """
    with ExitStack() as ends:
        connections = CONNECTIONS if rate == inf else POOL
        free = deque(ends.enter_context(Connection(port)) for _ in range(connections))
        return _run(free, requests, seconds, rate, is_open)


def _run(
    free: deque[Connection], requests: Requests, seconds: float, rate: float, is_open: Callable[[], bool]
) -> Answers:
    answers, busy, number = Answers(), dict[int, Connection](), 0
    begun = now = time.perf_counter()
    while now - begun < seconds or busy:
        due = begun + number / rate
        while free and due <= now and now - begun < seconds and is_open():
            connection = free.popleft()
            busy[connection.fileno()] = connection
            connection.send(next(requests), now if rate == inf else due)
            number += 1
            now = time.perf_counter()
            due = begun + number / rate
        # A request that is due waits for a connection or for `is_open`, but not in a busy loop.
        wait = min(TICK, due - now) if free and due > now else TICK
        for descriptor in select.select(list(busy), [], [], wait)[0]:
            if (status := busy[descriptor].receive()) is not None:
                connection = busy.pop(descriptor)
                answers.note(status, time.perf_counter() - connection.since)
                free.append(connection)
        now = time.perf_counter()
        if busy and now - begun > seconds + TIMEOUT:
            raise TimeoutError("a request got no response")
    answers.seconds = now - begun
    return answers


def one_by_one(port: int, requests: Iterable[bytes]) -> Answers:
    """Send requests over one connection, each after the response to the previous one, and return latencies in order.

    A latency runs from the first byte sent to the last byte received.
    """
    answers = Answers()
    begun = time.perf_counter()
    with Connection(port) as connection:
        for request in requests:
            since = time.perf_counter()
            connection.send(request, since)
            while (status := connection.receive()) is None:
                pass
            answers.note(status, time.perf_counter() - since)
    answers.seconds = time.perf_counter() - begun
    return answers
