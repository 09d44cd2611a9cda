"""Starts the users table that all contenders share, and the contenders, each with its own Redis."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

from benchmarks.program import Program, python
from benchmarks.sink import Sink
from dev.stack.redis_server import redis_command
from shared.redis_keys import Key
from tests.faults.database import Postgres
from tests.faults.stack import settings_for
from tests.support.servers import free_port, wait_until

UNLIMITED = "1000000/minute;1000000/hour"
WORKER_PROCESSES = "2"
THREADS = 8  # Per server process; latchkey's default.


@contextmanager
def users(folder: Path, number: int) -> Iterator[str]:
    """Start a PostgreSQL with users `u0@example.com` and so on, and yield its URL."""
    database = Postgres(folder, number)
    try:
        with psycopg.connect(database.url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE users")
        yield database.url
    finally:
        database.close()


@dataclass
class Contender:
    """A running server with a number of processes, and the Redis it uses, if any."""

    name: str
    processes: int
    port: int
    server: Program
    store: "Store | None" = None

    def cpu(self) -> tuple[float, float]:
        """Return the seconds of CPU used so far by the server and by its Redis."""
        return self.server.cpu(), self.store.server.cpu() if self.store else 0.0

    def backlog(self) -> int:
        """Count the jobs that are accepted but not finished."""
        return self.store.backlog() if self.store else 0


class Store:
    """A Redis server that can count its unfinished jobs."""

    def __init__(self, name: str, folder: Path) -> None:
        (folder / name).mkdir()
        port = free_port()
        self.url = f"redis://127.0.0.1:{port}/0"
        self.server = Program(redis_command(port, folder / name), {}, folder / f"redis-{name}.log")
        self.client = redis.Redis(port=port, decode_responses=True)
        wait_until(self._answers, "Redis does not come up")

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.ConnectionError:
            return False

    def backlog(self) -> int:
        """Count the waiting and running jobs, of latchkey or of plain Celery."""
        pipeline = self.client.pipeline(transaction=False)
        pipeline.hlen(Key.JOBS)
        pipeline.llen("celery")
        pipeline.hlen("unacked")
        return sum(pipeline.execute())

    def stop(self) -> None:
        """Stop the server."""
        self.client.close()
        self.server.stop()


class Services:
    """Starts contenders, and stops all of them."""

    def __init__(self, folder: Path, database_url: str, sink: Sink, ends: ExitStack) -> None:
        self.folder = folder
        self.sink = sink
        self._database_url = database_url
        self._programs: list[Program] = []
        self._ends = ends

    def end(self) -> None:
        """Send SIGTERM to all programs at once; `ends` later waits for each of them."""
        for program in self._programs:
            program.end()

    def store(self, name: str) -> Store:
        """Start a Redis."""
        store = Store(name, self.folder)
        self._ends.callback(store.stop)
        return store

    def environ(self, port: int, store: Store | None, **settings: str) -> dict[str, str]:
        """Return a program's settings: rate limits are on, but those per client are too high to be reached."""
        known = settings_for(self._database_url, self.sink.port, port, store.url if store else "")
        limits = {"FORGOT_LIMIT_PER_IP": UNLIMITED, "FORGOT_LIMIT_PER_EMAIL": "3/30 minutes"}
        return known | limits | {"WORKER_PROCESSES": WORKER_PROCESSES, "WORKER_EVENTS": "false"} | settings

    def program(self, name: str, command: list[str], environ: dict[str, str]) -> Program:
        """Start a program."""
        program = Program(command, environ, self.folder / f"{name}.log")
        self._programs.append(program)
        self._ends.callback(program.stop)
        return program

    def floor(self, processes: int) -> Contender:
        """Start the minimal view, on the same server as latchkey."""
        port, options = free_port(), ["--interface", "wsgi", "--host", "127.0.0.1", "--no-ws", "--no-access-log"]
        options += ["--workers", str(processes), "--blocking-threads", str(THREADS)]
        command = python("granian", "benchmarks.contenders.floor:app", "--port", str(port), *options)
        return self._serving("floor", processes, port, command, self.environ(port, None), None)

    def latchkey(self, processes: int, store: Store, **settings: str) -> Contender:
        """Start the API."""
        port = free_port()
        environ = self.environ(port, store, WEB_PROCESSES=str(processes), WEB_THREADS=str(THREADS), **settings)
        return self._serving("latchkey", processes, port, python("api"), environ, store)

    def under_gunicorn(self, name: str, processes: int, store: Store | None) -> Contender:
        """Start a contender from benchmarks/contenders the way Flask's documentation shows."""
        port = free_port()
        options = ["--bind", f"127.0.0.1:{port}", "--workers", str(processes), "--threads", str(THREADS)]
        command = python("gunicorn", *options, "--log-level", "warning", f"benchmarks.contenders.{name}:app")
        return self._serving(name, processes, port, command, self.environ(port, store), store)

    def latchkey_worker(self, store: Store, **settings: str) -> Program:
        """Start latchkey's worker."""
        return self.program("latchkey-worker", python("worker"), self.environ(free_port(), store, **settings))

    def celery_worker(self, app: str, store: Store) -> Program:
        """Start a contender's worker the way Celery's documentation shows."""
        command = python("celery", "--app", f"benchmarks.contenders.{app}:celery", "worker", "--loglevel", "WARNING")
        return self.program(f"{app}-worker", command, self.environ(free_port(), store))

    def _serving(
        self, name: str, processes: int, port: int, command: list[str], environ: dict[str, str], store: Store | None
    ) -> Contender:
        program = self.program(f"{name}-{processes}", command, environ)
        wait_until(lambda: program.listens(port), f"{name} does not come up: see {self.folder}", 30)
        return Contender(name, processes, port, program, store)
