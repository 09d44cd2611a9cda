"""An HTTP client that sends anything, well formed or not."""

import json
import socket
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """A response; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def outcome(self) -> tuple[int, str]:
        """The status and the error code, which is empty for a success."""
        return self.status, self.json.get("code", "")


class Client:
    """Sends requests to a port on localhost, each on its own connection."""

    port: int

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request on a new connection, with exactly these headers; Host can be among them."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, named, answer.read())
        finally:
            connection.close()

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
        """Post a document as JSON."""
        content = {"Content-Type": "application/json", **(headers or {})}
        return self.request("POST", path, json.dumps(body).encode(), content)

    def send(self, data: bytes, seconds: float = 5) -> bytes:
        """Write raw bytes and return everything received until the server closes the connection or goes silent."""
        received = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection, suppress(OSError):
            connection.sendall(data)
            while part := connection.recv(65536):
                received += part
        return received
