"""The API and the worker in one process, over the real Redis, database and relay."""

import io
import json
import logging
import os
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from flask.testing import FlaskClient
from redis.sentinel import SentinelConnectionPool
from sqlalchemy import CursorResult, text
from werkzeug.test import TestResponse

from api.app import create_app
from api.cli.accounts import Accounts
from api.settings.settings import ApiSettings
from shared.connections.redis_client import connect
from shared.database.connections import db
from shared.redis_keys import Key
from tests.support.hashes import encode
from tests.support.mails import text_of
from tests.support.servers import Relay, wait_until
from worker.app import Delays, create_worker
from worker.settings.settings import WorkerSettings

OLD_PASSWORD = "the old password of everybody"
NEW_PASSWORD = "correct horse battery staple"
TLS = ssl.create_default_context()  # Created once, because it takes a third as long as making a service.
PATIENT = {"socket_connect_timeout": 10, "socket_timeout": 10}  # Seconds.
AT_ONCE = Delays(wait=(0.0, 0.0), task=0.0)
SECRET = "unit-test-key-one-0123456789-abcdefghij"


class Service:
    """What a test controls: requests to the API, jobs for the worker, emails at the relay, rows in the table."""

    def __init__(self, environ: Mapping[str, str], relay: Relay, *, short_timeouts: bool = False) -> None:
        self.environ = dict(environ)
        self.relay = relay
        self.settings = ApiSettings.load(environ).model_copy(update={"bcrypt_rounds": 4})
        self.app = create_app(self.settings)
        if not short_timeouts:
            # While other tests keep the machine busy, Redis may exceed the default timeouts.
            self.app.extensions["redis"].connection_pool.connection_kwargs |= PATIENT
        self.worker = create_worker(WorkerSettings.load(environ), tls=TLS, delays=AT_ONCE)
        self.client: FlaskClient = self.app.test_client()
        self.logs = io.StringIO()
        handler = logging.getLogger().handlers[0]
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(self.logs)
        self.redis = connect(environ["REDIS_URL"], connect_timeout=2, timeout=2)

    def add_user(self, address: str, password: str = OLD_PASSWORD) -> str:
        """Add a user to a table that `create-table` made, and return the hash."""
        stored = encode(password, self.settings.users_hash_format)
        with self.app.app_context():
            Accounts(self.settings, db.session).add([(address, stored)])
        return stored

    def forgot(self, address: str, **options: Any) -> TestResponse:
        return self.client.post("/forgot-password", json={"email": address}, **options)

    def reset(self, token: str, password: str = NEW_PASSWORD) -> TestResponse:
        return self.client.post("/reset-password", json={"token": token, "password": password})

    def check(self, token: str) -> TestResponse:
        return self.client.post("/reset-password/check", json={"token": token})

    def work(self) -> int:
        """Do everything a worker would do now, and return how many tasks that took."""
        taken = 0
        self.worker.sweeper.tick()
        while True:
            # Not another tick: in a test with two services, the other one may hold the lock.
            self.worker.sweeper.sweep()
            if self.redis.rpop(Key.QUEUE) is None:
                return taken
            taken += 1
            self.take()

    def take(self) -> None:
        """Do what a worker does for one message: take jobs, and finish them."""
        with self.worker.flask.app_context():
            self.worker.intake.run()
        self.worker.departures.wait_until_empty()

    def link_for(self, address: str) -> str:
        """Request a link, let the worker email it, and return its token."""
        assert self.forgot(address).status_code == 202
        self.work()
        return self.newest_token()

    def newest_token(self) -> str:
        """Return the token of the newest email that has one: a notice may have left after it."""
        texts = [text_of(message) for _, message in reversed(self.relay.mails)]
        return token_in(next(text for text in texts if "token=" in text))

    def token_of(self, message: EmailMessage) -> str:
        return token_in(text_of(message))

    def stored_hash(self, address: str) -> str:
        return str(self.sql("SELECT password_hash FROM users WHERE email = :email", email=address)[0][0])

    def events(self, name: str) -> list[dict[str, Any]]:
        """List the log lines of an event."""
        lines = [json.loads(line) for line in self.logs.getvalue().splitlines()]
        return [line for line in lines if line["event"] == name]

    def sql(self, statement: str, **values: Any) -> list[Any]:
        with self.app.app_context():
            result = db.session.execute(text(statement), values)
            rows = list(result.all()) if isinstance(result, CursorResult) and result.returns_rows else []
            db.session.commit()
            return rows

    def close(self) -> None:
        """Close every connection: an open one causes a warning, and warnings are errors."""
        self.worker.departures.stop()
        worker_clients = (self.worker.sweeper._redis, self.worker.outbox.redis)
        for client in (self.redis, self.app.extensions["redis"], *worker_clients):
            client.close()
            if isinstance(client.connection_pool, SentinelConnectionPool):
                client.connection_pool.sentinel_manager.close()
        for app in (self.app, self.worker.flask):
            with app.app_context():
                db.session.remove()
                for engine in db.engines.values():
                    engine.dispose()


@contextmanager
def worker_process(service: Service) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker that has sent Anna one email. It must exit cleanly."""
    environ = os.environ | service.environ
    process = subprocess.Popen([sys.executable, "-m", "worker"], env=environ, stderr=subprocess.DEVNULL)
    try:
        service.forgot("anna@example.com")
        wait_until(lambda: service.relay.mails, "the first email did not arrive", 20)
        yield process
    finally:
        process.terminate()
        code = process.wait(20)
    assert code == 0


def job_id(message: str) -> str:
    match = re.search(r'"correlation_id": "([0-9a-f]{32})"', message)
    assert match
    return match[1]


def token_in(text_part: str) -> str:
    match = re.search(r"token=([\w.-]+)", text_part)
    assert match
    return match[1]
