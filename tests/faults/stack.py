"""The real service: Redis, the API, and two workers under supervisors. Only the relay runs in this process."""

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from signal import SIGCONT, SIGKILL
from types import MappingProxyType
from typing import Protocol, Self
from urllib.request import urlopen

import redis

from shared.redis_keys import Key
from tests.faults.program import Program
from tests.faults.relay import Relay, Take
from tests.support.outbox import unfinished
from tests.support.servers import RedisServer, free_port, wait_until
from tests.support.service import SECRET

WORKERS = 2
START = 30.0  # Seconds.


class Store(Protocol):
    """Where jobs are stored: one Redis, or a Sentinel set."""

    url: str

    def client(self) -> redis.Redis:
        """Connect to the server that currently accepts writes."""
        ...

    def close(self) -> None:
        """Stop every process, whatever its state."""
        ...


class OneRedis(RedisServer):
    """A Redis with an append-only file, as docs/production.md requires."""

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self._folder

    def client(self, db: int = 0) -> redis.Redis:
        return redis.Redis(port=self.port, db=db, decode_responses=True, socket_timeout=5)

    def close(self) -> None:
        # Wake a frozen server first.
        self.send(SIGCONT)
        self.stop(SIGKILL)


def one_redis(folder: Path) -> OneRedis:
    """Start a Redis with its data in the folder."""
    server = OneRedis(folder)
    server.start()
    return server


class Stack:
    """Everything that runs during one fault."""

    def __init__(
        self, folder: Path, database_url: str, take: Take, environ: Mapping[str, str], store: Store, of_workers: str
    ) -> None:
        self.store = store
        self.relay = Relay(take)
        self.port = free_port()
        self.environ = {**settings_for(database_url, self.relay.port, self.port, store.url), **environ}
        self.workers: list[Program] = []
        self._of_workers = of_workers
        self._folder = folder
        self._ends = ExitStack()

    def __enter__(self) -> Self:
        with self._ends as ends:
            ends.callback(self.store.close)
            self.relay.start()
            ends.callback(self.relay.stop)
            for number in range(WORKERS):
                # One worker runs a task per job, the other one takes many jobs per task.
                own = {"WORKER_EVENTS": "false" if number % 2 else "true", "DATABASE_URL": self._of_workers}
                self.workers.append(self._program(ends, "worker", self._folder / f"worker-{number}.log", own))
            self.api = self._program(ends, "api", self._folder / "api.log")
            wait_until(self._ready, "the API and the workers do not start", START)
            self._ends = ends.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def _program(
        self, ends: ExitStack, name: str, log: Path, settings: Mapping[str, str] = MappingProxyType({})
    ) -> Program:
        program = Program(name, os.environ | self.environ | dict(settings), log)
        ends.callback(program.stop)
        return program

    def _ready(self) -> bool:
        with suppress(OSError), urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
            return answer.status == 200 and self.complete()
        return False

    def complete(self) -> bool:
        """Return whether every worker has all of its processes."""
        processes = int(self.environ["WORKER_PROCESSES"])
        return all(len(worker.children()) == processes for worker in self.workers)

    def ask(self, question: Callable[[redis.Redis], int]) -> int:
        """Ask Redis; return -1 if it does not answer."""
        try:
            with self.store.client() as client:
                return question(client)
        except redis.RedisError:
            return -1

    def unfinished(self) -> int:
        """Count the accepted jobs that are not finished."""
        return self.ask(lambda client: int(unfinished(client)))

    def queued(self) -> int:
        """Count the messages in the queue."""
        return self.ask(lambda client: int(client.llen(Key.QUEUE)))

    def buried(self) -> int:
        """Count the buried jobs."""
        return self.ask(lambda client: int(client.hlen(Key.DEAD)))


def settings_for(database_url: str, relay: int, port: int, redis_url: str) -> dict[str, str]:
    """Return the environment of the API and the workers."""
    return {
        "SECRET_KEY": SECRET,
        "REDIS_URL": redis_url,
        "DATABASE_URL": database_url,
        "USERS_HASH_FORMAT": "bcrypt",
        "USERS_FILTER": "is_active",
        "USERS_PASSWORD_CHANGED_COLUMN": "password_changed_at",
        "RESET_URL": "https://www.example.org/reset-password",
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(relay),
        "MAIL_USE_TLS": "false",
        "MAIL_DEFAULT_SENDER": "Example <no-reply@example.com>",
        "FORGOT_LIMIT_PER_IP": "1000000/minute",
        "RESET_LIMIT_PER_IP": "1000/minute",
        "RESET_LIMIT_PER_LINK": "1000/minute",
        "BCRYPT_ROUNDS": "10",
        "PORT": str(port),
        "WORKER_PROCESSES": "2",
    }
