"""Requests as anybody may send them, well formed or not."""

import json
import socket
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """What came back; names of headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def outcome(self) -> tuple[int, str]:
        """The status and the code of an error; an empty code where there is none."""
        return self.status, self.json.get("code", "")


class Client:
    """Asks one port of this machine, each time on a connection of its own."""

    port: int

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request on a connection of its own; headers as given, Host included where it is among them."""
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
        """Write bytes as they are, and return all that comes back until the server closes or is silent."""
        received = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection, suppress(OSError):
            connection.sendall(data)
            while part := connection.recv(65536):
                received += part
        return received
