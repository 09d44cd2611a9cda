"""How fast mails are sent: mails per second, and CPU per mail of the worker, Redis and PostgreSQL.

Latchkey's worker is compared with its two building blocks, an empty Celery task and a bare loop that sends the same
mail with Flask-Mail over one connection, and with the usual worker. All mails are for known addresses. Every contender
gets its jobs before it starts. The measurement begins after the first jobs, once its processes have opened their
connections, and ends with the last.
"""

import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil
from celery import Celery

from benchmarks.program import Program, cpu_seconds, python
from benchmarks.services import Services, Store, users
from benchmarks.sink import Sink, sink
from shared.outbox.jobs import Job, message, new_id
from shared.outbox.outbox import Outbox
from shared.redis_keys import Key
from tests.faults.run import say
from tests.support.servers import free_port, wait_until

ROUNDS, JOBS = 5, 3000
SHORT_ROUNDS, SHORT_JOBS = 1, 100
WARM_UP = 0.2  # Share of the jobs that is not measured.
USERS = 5000
MAX_RATIO = 1.6  # Maximum CPU per mail of latchkey's worker, relative to the two floors together.
TIMEOUT = 120.0  # Seconds.


@dataclass(frozen=True)
class Pace:
    """One contender's result in one round: mails per second, and milliseconds of CPU per mail."""

    rate: float
    worker_ms: float
    redis_ms: float
    database_ms: float


@dataclass(frozen=True)
class Mailing:
    """The paces of each contender, one per round, by name."""

    paces: dict[str, list[Pace]]

    def median(self, name: str) -> Pace:
        """Return the median of each of a contender's figures separately."""
        paces = self.paces[name]
        return Pace(
            median(pace.rate for pace in paces),
            median(pace.worker_ms for pace in paces),
            median(pace.redis_ms for pace in paces),
            median(pace.database_ms for pace in paces),
        )

    @property
    def ratio(self) -> float:
        """The worker's CPU per mail divided by that of both floors together, as the median over all rounds."""
        rounds = zip(self.paces["latchkey"], self.paces["empty task"], self.paces["bare Flask-Mail"], strict=True)
        return median(ours.worker_ms / (empty.worker_ms + bare.worker_ms) for ours, empty, bare in rounds)


@dataclass(frozen=True)
class _Side:
    """The environment that one contender is measured in."""

    services: Services
    postmaster: psutil.Process
    number: int

    @property
    def sink(self) -> Sink:
        return self.services.sink

    def watch(self, program: Program, store: Store | None, done: Callable[[], int]) -> Pace:
        """Measure a program from the end of its warm-up to its last job."""
        first, last = int(self.number * WARM_UP), self.number
        wait_until(lambda: done() >= first, "the first jobs are not finished", TIMEOUT)
        begun, jobs = time.perf_counter(), done()
        before = self._cpu(program, store)
        wait_until(lambda: done() >= last, "some jobs are not finished", TIMEOUT)
        seconds, jobs = time.perf_counter() - begun, done() - jobs
        used = [(after - then) * 1000 / jobs for then, after in zip(before, self._cpu(program, store), strict=True)]
        program.check()
        return Pace(jobs / seconds, *used)

    def _cpu(self, program: Program, store: Store | None) -> tuple[float, float, float]:
        database = cpu_seconds([self.postmaster, *self.postmaster.children()])
        return program.cpu(), store.server.cpu() if store else 0.0, database

    def mails(self) -> Callable[[], int]:
        """Return a function that counts the mails sent from now on."""
        before = self.sink.count()
        return lambda: self.sink.count() - before

    def jobs(self, name: str) -> Store:
        """Start a Redis that holds the accepted jobs of one round."""
        store = self.services.store(name)
        accept(store, self.number)
        return store


def accept(store: Store, number: int) -> None:
    """Accept this many requests, cycling through the users."""
    outbox = Outbox(store.client)
    for each in range(number):
        address = f"u{each % USERS}@example.com"
        outbox.add(Job(new_id(), "forgot", "benchmark", f"{each:032x}", time.time(), address=address))


def _empty_task(side: _Side) -> Pace:
    store = side.services.store("floor")
    store.client.lpush(Key.QUEUE, *(message(new_id()) for _ in range(side.number)))
    worker = side.services.celery_worker("empty_task", store)
    return side.watch(worker, store, lambda: side.number - int(store.client.llen(Key.QUEUE)))


def _bare_flask_mail(side: _Side) -> Pace:
    environ = side.services.environ(free_port(), None, REDIS_URL="redis://127.0.0.1/0")
    done = side.mails()
    return side.watch(
        side.services.program("smtp-floor", python("benchmarks.contenders.kept_connection"), environ), None, done
    )


def _latchkey(side: _Side, events: str = "false") -> Pace:
    store, done = side.jobs("latchkey"), side.mails()
    return side.watch(side.services.latchkey_worker(store, WORKER_EVENTS=events), store, done)


def _with_events(side: _Side) -> Pace:
    return _latchkey(side, "true")


def _usual(side: _Side) -> Pace:
    store, done = side.services.store("usual"), side.mails()
    with Celery("usual", broker=store.url, set_as_current=False) as celery:
        for number in range(side.number):
            celery.send_task("send_reset_mail", [f"u{number % USERS}@example.com"], ignore_result=True)
    return side.watch(side.services.celery_worker("usual", store), store, done)


CONTENDERS: dict[str, Callable[[_Side], Pace]] = {
    "empty task": _empty_task,
    "bare Flask-Mail": _bare_flask_mail,
    "latchkey": _latchkey,
    "latchkey with events": _with_events,
    "usual": _usual,
}


def measure(folder: Path, *, short: bool = False) -> Mailing:
    """Measure the contenders in turns, round by round, so that other load on the machine affects all of them.

    folder: an existing, empty folder that other users may enter: PostgreSQL runs as a separate user.
    """
    paces: dict[str, list[Pace]] = {name: [] for name in CONTENDERS}
    with users(folder, USERS) as database_url, sink() as relay:
        for number in range(SHORT_ROUNDS if short else ROUNDS):
            for contender in random.sample(list(CONTENDERS), len(CONTENDERS)):
                pace = _round(contender, folder / f"{number}-{contender}", database_url, relay, short=short)
                paces[contender].append(pace)
                say(f"{contender}: {pace.rate:.0f} mails per second, {pace.worker_ms:.2f} ms of CPU each")
    return Mailing(paces)


def _round(contender: str, folder: Path, database_url: str, relay: Sink, *, short: bool) -> Pace:
    folder.mkdir()
    postmaster = int((folder.parent / "postgres" / "postmaster.pid").read_text().split()[0])
    with ExitStack() as ends:
        services = Services(folder, database_url, relay, ends)
        side = _Side(services, psutil.Process(postmaster), SHORT_JOBS if short else JOBS)
        return CONTENDERS[contender](side)
