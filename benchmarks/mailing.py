"""How fast mail leaves: mails a second, and CPU a mail, of the worker and of what it asks.

Beside latchkey's worker stand what it is made of, an empty Celery task and a bare loop that sends the same mail with
Flask-Mail over one kept connection, and the usual worker. All mails are for known addresses. Every contender gets its
jobs before it starts, and is watched from after the first ones, when its processes have opened what they need, to the
last.
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
from shared.outbox.jobs import Job, new_id
from shared.outbox.outbox import Outbox
from shared.redis_keys import Key
from tests.faults.run import say
from tests.support.servers import free_port, wait_until

ROUNDS, JOBS = 5, 3000
SHORT_ROUNDS, SHORT_JOBS = 1, 100
WARM_UP = 0.2  # Of the jobs, before those that count.
USERS = 5000
MAX_RATIO = 1.6  # Times the two floors that latchkey's worker may take a mail.
TIMEOUT = 120.0  # Seconds.


@dataclass(frozen=True)
class Pace:
    """What was seen of one contender in one round: mails a second, milliseconds of CPU a mail."""

    rate: float
    worker_ms: float
    redis_ms: float
    database_ms: float


@dataclass(frozen=True)
class Mailing:
    """The paces of every contender, one of each round, by name."""

    paces: dict[str, list[Pace]]

    def median(self, name: str) -> Pace:
        """Return the medians of one contender's figures, each by itself."""
        paces = self.paces[name]
        return Pace(
            median(pace.rate for pace in paces),
            median(pace.worker_ms for pace in paces),
            median(pace.redis_ms for pace in paces),
            median(pace.database_ms for pace in paces),
        )

    @property
    def ratio(self) -> float:
        """The worker's CPU a mail by that of both floors together: the median of all rounds."""
        rounds = zip(self.paces["latchkey"], self.paces["empty task"], self.paces["bare Flask-Mail"], strict=True)
        return median(ours.worker_ms / (empty.worker_ms + bare.worker_ms) for ours, empty, bare in rounds)


@dataclass(frozen=True)
class _Side:
    """What one contender is measured with."""

    services: Services
    postmaster: psutil.Process
    number: int

    @property
    def sink(self) -> Sink:
        return self.services.sink

    def watch(self, program: Program, store: Store | None, done: Callable[[], int]) -> Pace:
        """Watch a program from its first jobs to its last."""
        first, last = int(self.number * WARM_UP), self.number
        wait_until(lambda: done() >= first, "nothing is done", TIMEOUT)
        begun, jobs = time.perf_counter(), done()
        before = self._cpu(program, store)
        wait_until(lambda: done() >= last, "not all is done", TIMEOUT)
        seconds, jobs = time.perf_counter() - begun, done() - jobs
        used = [(after - then) * 1000 / jobs for then, after in zip(before, self._cpu(program, store), strict=True)]
        program.check()
        return Pace(jobs / seconds, *used)

    def _cpu(self, program: Program, store: Store | None) -> tuple[float, float, float]:
        database = cpu_seconds([self.postmaster, *self.postmaster.children()])
        return program.cpu(), store.server.cpu() if store else 0.0, database

    def mails(self) -> Callable[[], int]:
        """Return what counts the mails from now on."""
        before = self.sink.count()
        return lambda: self.sink.count() - before

    def jobs(self, name: str) -> Store:
        """Start a Redis with as many accepted jobs."""
        store = self.services.store(name)
        accept(store, self.number)
        return store


def accept(store: Store, number: int) -> None:
    """Accept so many requests, each for another user while there are any."""
    outbox = Outbox(store.client)
    for each in range(number):
        address = f"u{each % USERS}@example.com"
        outbox.add(Job(new_id(), "forgot", "benchmark", f"{each:032x}", time.time(), address=address))


def _empty_task(side: _Side) -> Pace:
    store = side.jobs("floor")
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
    """Let every contender do its jobs in turn, round after round, so that whatever else goes on hits all of them.

    folder: exists, is empty, and may be entered by others: PostgreSQL runs as a user of its own.
    """
    paces: dict[str, list[Pace]] = {name: [] for name in CONTENDERS}
    with users(folder, USERS) as database_url, sink() as relay:
        for number in range(SHORT_ROUNDS if short else ROUNDS):
            for contender in random.sample(list(CONTENDERS), len(CONTENDERS)):
                pace = _round(contender, folder / f"{number}-{contender}", database_url, relay, short=short)
                paces[contender].append(pace)
                say(f"{contender}: {pace.rate:.0f} a second, {pace.worker_ms:.2f} ms of CPU each")
    return Mailing(paces)


def _round(contender: str, folder: Path, database_url: str, relay: Sink, *, short: bool) -> Pace:
    folder.mkdir()
    postmaster = int((folder.parent / "postgres" / "postmaster.pid").read_text().split()[0])
    with ExitStack() as ends:
        services = Services(folder, database_url, relay, ends)
        side = _Side(services, psutil.Process(postmaster), SHORT_JOBS if short else JOBS)
        return CONTENDERS[contender](side)
