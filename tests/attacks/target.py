"""A running Latchkey, with the views that an attacker and an account's owner have of it."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from sqlalchemy import create_engine, text

from shared.redis_keys import Key
from shared.tokens import Tokens
from tests.attacks.client import Answer, Client
from tests.conftest import environment
from tests.faults.program import Program
from tests.support.hashes import encode
from tests.support.servers import RedisServer, RelayServer, free_port, wait_until
from tests.support.service import NEW_PASSWORD, OLD_PASSWORD, SECRET, token_in

ANNA, EVE = "anna@example.com", "eve@evil.example"  # ANNA's account is the target; EVE is the attacker.
DEAD = (400, "invalid_or_expired_token")
REFUSED = (422, "invalid_request")
COLUMNS = (
    "id INTEGER PRIMARY KEY, email VARCHAR(254) NOT NULL, "
    "password_hash VARCHAR(255), is_active BOOLEAN NOT NULL DEFAULT true, password_changed_at TIMESTAMP NULL"
)
# The collations of MariaDB take two capitals for the same: there, two accounts may differ in them without the key.
KEYS = {"postgresql": ", UNIQUE (email)", "sqlite": ", UNIQUE (email)", "mysql": ", KEY (email)"}
START = 30.0  # Seconds.


def _with_driver(scheme: re.Match[str]) -> str:
    return {"postgresql": "postgresql+psycopg://", "mysql": "mysql+pymysql://"}[scheme[1]]


class Target(Client):
    """`python -m api` and `python -m worker` with their own Redis, users table and SMTP relay."""

    def __init__(self, folder: Path, database_url: str, environ: Mapping[str, str], *, worker: bool = True) -> None:
        folder.mkdir(exist_ok=True)
        self.port = free_port()
        self.redis = RedisServer(folder)
        self._relay = RelayServer()
        self._engine = create_engine(re.sub("^(postgresql|mysql)://", _with_driver, database_url))
        self._folder, self._environ = folder, {"PORT": str(self.port), "BCRYPT_ROUNDS": "10", **environ}
        self._database_url, self._worker = database_url, worker
        self._ids = 0
        self._ends = ExitStack()

    @property
    def kind(self) -> str:
        """The kind of the database."""
        return self._database_url.partition(":")[0]

    def __enter__(self) -> Self:
        with self._ends as ends:
            ends.callback(self._engine.dispose)
            self.redis.start()
            ends.callback(self.redis.stop)
            self._client = ends.enter_context(self.redis.client())
            ends.enter_context(self._relay)
            self.sql(f"CREATE TABLE IF NOT EXISTS users ({COLUMNS}{KEYS[self.kind]})")
            self.environ = environment(self.redis, self._relay, self._database_url) | self._environ
            self.api = self._program(ends, "api")
            if self._worker:
                self.worker = self._program(ends, "worker", "tests.support.quick_worker")
                wait_until(lambda: self.ask("exists", Key.HEARTBEAT), "the worker did not start", START)
            wait_until(self._answers, "the API did not start", START)
            self._ends = ends.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def _program(self, ends: ExitStack, name: str, module: str = "") -> Program:
        program = Program(module or name, os.environ | self.environ, self._folder / f"{name}.log")
        ends.callback(program.stop, 0)  # Kill at once: after an attack, no job is worth waiting for.
        return program

    def _answers(self) -> bool:
        with suppress(OSError):
            return self.request("GET", "/healthz").status == 200
        return False

    # The attacker's side: requests.

    def forgot(self, email: Any, headers: Mapping[str, str] | None = None) -> Answer:
        return self.post("/forgot-password", {"email": email}, headers)

    def reset(self, token: Any, password: Any = NEW_PASSWORD) -> Answer:
        return self.post("/reset-password", {"token": token, "password": password})

    def check(self, token: Any) -> Answer:
        return self.post("/reset-password/check", {"token": token})

    # The owner's side: emails.

    @property
    def mails(self) -> list[tuple[list[str], Any]]:
        """The emails that the relay received since the test began, as envelope recipients and message."""
        return self._relay.relay.mails

    @property
    def recipients(self) -> list[str]:
        """Every address that received an email, once the worker is idle."""
        self.settle()
        return self._relay.relay.recipients()

    def settle(self) -> None:
        """Wait until every accepted job is finished."""
        wait_until(lambda: not self.ask("hlen", Key.JOBS), "jobs are still pending", 60)

    def asked(self, email: Any) -> tuple[tuple[int, str], list[str]]:
        """Request a link; return the outcome and everyone who got an email."""
        return self.forgot(email).outcome, self.recipients

    def newest_token(self) -> str:
        self.settle()
        return token_in(self.mails[-1][1].get_body(("plain",)).get_content())

    def link_for(self, address: str) -> str:
        """Request a link, wait for the email, and return the token."""
        assert self.forgot(address).status == 202
        return self.newest_token()

    # The operator's side: table, Redis, logs.

    def add_user(self, address: str, password_hash: str | None = "", *, active: bool = True) -> str:
        """Add a user, by default with a hash of OLD_PASSWORD; return the id."""
        stored = encode(OLD_PASSWORD, "bcrypt") if password_hash == "" else password_hash
        self._ids += 1
        statement = "INSERT INTO users (id, email, password_hash, is_active) VALUES (:id, :email, :stored, :active)"
        self.sql(statement, id=self._ids, email=address, stored=stored, active=active)
        return str(self._ids)

    def stored_hash(self, address: str) -> str:
        return str(self.sql("SELECT password_hash FROM users WHERE email = :email", email=address)[0][0])

    def token_of(self, address: str, key: str = SECRET) -> str:
        """Issue a token as a worker with this key would."""
        user, stored = self.sql("SELECT id, password_hash FROM users WHERE email = :email", email=address)[0]
        return Tokens([key], 1800).issue(str(user), stored, address)

    def sql(self, statement: str, **values: Any) -> list[Any]:
        with self._engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return list(result.all()) if result.returns_rows else []

    @contextmanager
    def transaction(self) -> Iterator[Callable[[str], Any]]:
        """Run statements in one transaction; other writers to the same rows wait until it ends."""
        with self._engine.begin() as connection:
            yield lambda statement: connection.execute(text(statement))

    def relay_answers(self, answer: str) -> None:
        self._relay.relay.answer_to_data = answer

    def ask(self, command: str, *arguments: Any) -> Any:
        """Call a Redis command."""
        return getattr(self._client, command)(*arguments)

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self._folder.glob("*.log")))

    def clear(self) -> None:
        """Remove all users, emails and rate-limit counters."""
        if self._worker:
            self.settle()
        else:
            self.ask("flushdb")  # Without a worker, accepted jobs would stay forever.
        self.sql("DELETE FROM users")
        self._relay.relay.empty()
        self.forget_counts()

    def forget_counts(self) -> None:
        """Reset the rate-limit counters."""
        for key in self._client.scan_iter(f"{Key.LIMITS}*"):
            self._client.delete(key)
