"""Requests over kept connections, in a closed loop or at a steady rate. Cheap, because it shares the cores."""

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
POOL = 64  # Connections that requests at a rate may use.
TICK = 0.001  # Seconds.
TIMEOUT = 10.0  # Seconds without any answer after which a measurement is given up.
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length: "
_RETRY_AFTER = b"retry-after: "

Requests = Iterator[bytes]
"""Whole requests, ready to be sent."""


@dataclass
class Answers:
    """What came back: seconds of each request by the order of answers, and how many there were of each status."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Count the answers."""
        return len(self.latencies)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.count / self.seconds

    def note(self, status: int, latency: float) -> None:
        """Note one answer."""
        self.latencies.append(latency)
        self.statuses[status] = self.statuses.get(status, 0) + 1


class Connection:
    """One connection with at most one request on its way."""

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
        """Return the socket's descriptor."""
        return self.socket.fileno()

    def send(self, request: bytes, since: float) -> None:
        """Send a request, whose time counts from a moment."""
        self.since = since
        self.socket.sendall(request)

    def receive(self) -> int | None:
        """Return the status of the answer, once all of it is here, and keep the seconds of its Retry-After.

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
    """Read a header that is a number; 0 where there is none."""
    _, _, value = head.lower().partition(header)
    return int(value.split(b"\r", 1)[0] or 0)


def post(path: str, body: bytes, *headers: bytes) -> bytes:
    """Write a request whose body is JSON."""
    lines = [f"POST {path} HTTP/1.1".encode(), b"Host: localhost", b"Content-Type: application/json", *headers]
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", body])


def run(
    port: int, requests: Requests, seconds: float, rate: float = inf, is_open: Callable[[], bool] = lambda: True
) -> Answers:
    """Send requests for some seconds and wait for the last answer.

    Without a rate each connection sends its next request as soon as the last one is answered: saturation. With one,
    requests are sent when they are due, whatever the answers, and their time counts from then; those that find no
    connection wait for one, as in a client with a pool. While `is_open` says no, nothing is sent.

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
        # What is due now and not sent waits for a connection, or for `is_open`, and not in a busy loop.
        wait = min(TICK, due - now) if free and due > now else TICK
        for descriptor in select.select(list(busy), [], [], wait)[0]:
            if (status := busy[descriptor].receive()) is not None:
                connection = busy.pop(descriptor)
                answers.note(status, time.perf_counter() - connection.since)
                free.append(connection)
        now = time.perf_counter()
        if busy and now - begun > seconds + TIMEOUT:
            raise TimeoutError("a request is not answered")
    answers.seconds = now - begun
    return answers


def one_by_one(port: int, requests: Iterable[bytes]) -> Answers:
    """Send requests over one kept connection, each when the last one is answered; latencies are in their order.

    A latency is the time from the first byte sent to the last one received.
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
