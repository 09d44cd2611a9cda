"""Clients that never finish a request: they send one byte a second."""

import resource
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack
from threading import Event, Thread
from typing import Self

SLOW_HEADER = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "
SLOW_BODY = (
    b"POST /forgot-password HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 16000\r\n\r\n{"
)
FILES = 20_000


class SlowClients(Thread):
    """Connections that start a request and continue with one byte a second until the server drops them."""

    def __init__(self, port: int, beginnings: Sequence[bytes], address: str = "127.0.0.1") -> None:
        super().__init__(name="slow clients")
        allow_files(FILES)
        self._ends = ExitStack()
        self._held: dict[socket.socket, bytes] = {}
        for beginning in beginnings:
            client = self._ends.enter_context(
                socket.create_connection(("127.0.0.1", port), source_address=(address, 0))
            )
            client.sendall(beginning)
            client.settimeout(0)
            self._held[client] = beginning
        self.stalled = Event()
        self._stopped = Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self.join()
        self._ends.close()

    def held(self, beginning: bytes) -> int:
        """Count the connections of one kind that the server has not dropped."""
        return list(self._held.values()).count(beginning)

    def run(self) -> None:
        """Send a byte on each connection every second; once `stalled` is set, send nothing more."""
        while not self._stopped.wait(1):
            for client in list(self._held):
                if self._is_dropped(client):
                    del self._held[client]

    def _is_dropped(self, client: socket.socket) -> bool:
        try:
            if not self.stalled.is_set():
                client.send(b"x")
            # A response, such as 408, counts as dropped too.
            client.recv(1000)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True


def seconds_until_none(clients: SlowClients, beginning: bytes, patience: float) -> float:
    """Wait until the server has dropped all connections of one kind; return the seconds taken, at most `patience`."""
    begun = time.monotonic()
    while clients.held(beginning) and time.monotonic() - begun < patience:
        time.sleep(0.1)
    return time.monotonic() - begun


def allow_files(number: int) -> None:
    """Raise the limit on open files for this process and its children; some systems default to 256."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < number:
        most = number if hard == resource.RLIM_INFINITY else min(number, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
