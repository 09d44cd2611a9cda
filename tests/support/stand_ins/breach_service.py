"""A stand-in for Have I Been Pwned's range API, over real HTTP, that can be told to misbehave."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

PADDING = "0" * 35 + ":0"


@dataclass
class BreachService:
    """The leaked passwords it knows, the requests it received, and how it responds."""

    leaked: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    seconds_per_byte: float = 0.0
    url: str = ""

    def forget(self) -> None:
        """Reset to a well-behaved service without any leaked passwords."""
        self.leaked, self.asked = {}, []
        self.status, self.headers, self.body, self.seconds_per_byte = 200, {}, None, 0.0

    def knows(self, password: str, times: int = 3) -> None:
        self.leaked[hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()] = times

    def answer(self, path: str) -> bytes:
        if self.body is not None:
            return self.body
        prefix = path.rpartition("/")[2]
        lines = [f"{digest[5:]}:{times}" for digest, times in self.leaked.items() if digest.startswith(prefix)]
        return "\r\n".join([PADDING, *lines]).encode()


class Handler(BaseHTTPRequestHandler):
    """Responds on behalf of a BreachService."""

    def __init__(self, service: BreachService, *arguments: Any) -> None:
        self._service = service
        super().__init__(*arguments)

    def do_GET(self) -> None:
        self._service.asked.append((self.path, dict(self.headers)))
        with suppress(OSError):  # The client may have disconnected.
            self._answer(self._service.answer(self.path))

    def _answer(self, body: bytes) -> None:
        headers = [f"{name}: {text}" for name, text in self._service.headers.items()]
        head = [f"HTTP/1.0 {self._service.status} Whatever", *headers]
        whole = "\r\n".join([*head, "", ""]).encode() + body
        if not self._service.seconds_per_byte:
            self.wfile.write(whole)
            return
        for byte in whole:
            self.wfile.write(bytes([byte]))
            time.sleep(self._service.seconds_per_byte)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def breach_service() -> Iterator[BreachService]:
    service = BreachService()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, service))
    service.url = f"http://127.0.0.1:{server.server_port}/range/"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        service.seconds_per_byte = 0
        server.shutdown()
        thread.join()
        server.server_close()
