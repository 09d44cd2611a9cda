"""Latchkey as it runs, and what an attacker and the owner of an account each see of it."""

import json
import os
import socket
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple, Self

from sqlalchemy import create_engine, text

from api.passwords import encode
from shared.tokens import Tokens
from tests.conftest import environment
from tests.faults.program import Program
from tests.servers import RedisServer, RelayServer, free_port, wait_until
from tests.service import NEW_PASSWORD, OLD_PASSWORD, SECRET, token_in

ANNA, EVE = "anna@example.com", "eve@evil.example"  # Whose account is wanted, and who wants it.
DEAD = (400, "invalid_or_expired_token")
REFUSED = (422, "invalid_request")
TABLE = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(254) NOT NULL UNIQUE, password_hash VARCHAR(255), "
    "is_active BOOLEAN NOT NULL DEFAULT true, password_changed_at TIMESTAMP)"
)
START = 30.0  # Seconds.


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


class Target:
    """`python -m api` and `python -m worker` over a Redis of their own, a users table and a relay."""

    def __init__(self, folder: Path, database_url: str, environ: Mapping[str, str], *, worker: bool = True) -> None:
        folder.mkdir(exist_ok=True)
        self.port = free_port()
        self.redis = RedisServer(folder)
        self._relay = RelayServer()
        self._engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
        self._folder, self._environ = folder, {"PORT": str(self.port), "BCRYPT_ROUNDS": "10", **environ}
        self._database_url, self._worker = database_url, worker
        self._ids = 0
        self._ends = ExitStack()

    def __enter__(self) -> Self:
        with self._ends as ends:
            ends.callback(self._engine.dispose)
            self.redis.start()
            ends.callback(self.redis.stop)
            ends.enter_context(self._relay)
            self.sql(TABLE)
            self.environ = environment(self.redis, self._relay, self._database_url) | self._environ
            self.api = self._program(ends, "api")
            if self._worker:
                self.worker = self._program(ends, "worker")
                wait_until(lambda: self.ask("exists", "worker:heartbeat"), "the worker does not come up", START)
            wait_until(self._answers, "the API does not come up", START)
            self._ends = ends.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def _program(self, ends: ExitStack, name: str) -> Program:
        program = Program(name, os.environ | self.environ, self._folder / f"{name}.log")
        ends.callback(program.stop)
        return program

    def _answers(self) -> bool:
        with suppress(OSError):
            return self.request("GET", "/healthz").status == 200
        return False

    # The attacker's side: requests.

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

    def forgot(self, email: Any, headers: Mapping[str, str] | None = None) -> Answer:
        return self.post("/forgot-password", {"email": email}, headers)

    def reset(self, token: Any, password: Any = NEW_PASSWORD) -> Answer:
        return self.post("/reset-password", {"token": token, "password": password})

    def check(self, token: Any) -> Answer:
        return self.post("/reset-password/check", {"token": token})

    # The owner's side: mails.

    @property
    def mails(self) -> list[tuple[list[str], Any]]:
        """What the relay got since the test began: the recipients of the envelope, and the message."""
        return self._relay.relay.mails

    @property
    def recipients(self) -> list[str]:
        """Every address that a mail went to, once the worker has nothing left to do."""
        self.settle()
        return self._relay.relay.recipients()

    def settle(self) -> None:
        """Wait until everything that was accepted is finished."""
        wait_until(lambda: not self.ask("hlen", "outbox:jobs"), "jobs are left over", 20)

    def asked(self, email: Any) -> tuple[tuple[int, str], list[str]]:
        """Ask for a link; return what came of it, and everybody who got a mail."""
        return self.forgot(email).outcome, self.recipients

    def newest_token(self) -> str:
        self.settle()
        return token_in(self.mails[-1][1].get_body(("plain",)).get_content())

    def link_for(self, address: str) -> str:
        """Ask for a link, wait for its mail, and return the token."""
        assert self.forgot(address).status == 202
        return self.newest_token()

    # The operator's side: table, Redis, logs.

    def add_user(self, address: str, password_hash: str | None = "", *, active: bool = True) -> str:
        """Add a user, with a hash of OLD_PASSWORD unless told; return the id."""
        stored = encode(OLD_PASSWORD, "bcrypt", 4) if password_hash == "" else password_hash
        self._ids += 1
        statement = "INSERT INTO users (id, email, password_hash, is_active) VALUES (:id, :email, :stored, :active)"
        self.sql(statement, id=self._ids, email=address, stored=stored, active=active)
        return str(self._ids)

    def stored_hash(self, address: str) -> str:
        return str(self.sql("SELECT password_hash FROM users WHERE email = :email", email=address)[0][0])

    def token_of(self, address: str, key: str = SECRET) -> str:
        """Mint a token as a worker would that has this key."""
        user, stored = self.sql("SELECT id, password_hash FROM users WHERE email = :email", email=address)[0]
        return Tokens([key], 1800).issue(str(user), stored, address)

    def sql(self, statement: str, **values: Any) -> list[Any]:
        with self._engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return list(result.all()) if result.returns_rows else []

    def ask(self, command: str, *arguments: Any) -> Any:
        """Ask Redis."""
        with self.redis.client() as client:
            return getattr(client, command)(*arguments)

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self._folder.glob("*.log")))

    def clear(self) -> None:
        """Forget users, mails and what the limits have counted."""
        self.settle()
        self.sql("DELETE FROM users")
        self._relay.relay.empty()
        with self.redis.client() as client:
            for key in client.scan_iter("limit:*"):
                client.delete(key)
