"""A stand-in for a token endpoint (OAuth 2.0), over real HTTP, that can be told to refuse and to misbehave."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl


@dataclass
class TokenEndpoint:
    """What it was asked, and how it answers: with token-1, token-2 and so on, unless `body` is set."""

    asked: list[dict[str, str]] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    expires_in: object = 3600
    seconds_per_byte: float = 0.0
    url: str = ""

    def refuse(self, status: int, error: str, description: str = "") -> None:
        self.status = status
        self.body = json.dumps({"error": error, "error_description": description}).encode()

    def answer(self) -> bytes:
        token = {"token_type": "Bearer", "access_token": f"token-{len(self.asked)}", "expires_in": self.expires_in}
        return json.dumps(token).encode() if self.body is None else self.body


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, endpoint: TokenEndpoint, *arguments: Any) -> None:
        self._endpoint = endpoint
        super().__init__(*arguments)

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
        self._endpoint.asked.append(dict(parse_qsl(form)) | {"path": self.path})
        lines = [f"{name}: {text}" for name, text in self._endpoint.headers.items()]
        whole = "\r\n".join([f"HTTP/1.0 {self._endpoint.status} Whatever", *lines, "", ""]).encode()
        whole += self._endpoint.answer()
        with suppress(OSError):  # Who asked may be gone.
            if not self._endpoint.seconds_per_byte:
                self.wfile.write(whole)
                return
            for byte in whole:
                self.wfile.write(bytes([byte]))
                time.sleep(self._endpoint.seconds_per_byte)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def token_endpoint() -> Iterator[TokenEndpoint]:
    endpoint = TokenEndpoint()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, endpoint))
    endpoint.url = f"http://127.0.0.1:{server.server_port}/tenant/token"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.seconds_per_byte = 0
        server.shutdown()
        thread.join()
        server.server_close()
