"""With a million waiting jobs, the sweeper and the worker are as fast as with none."""

import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from statistics import median

from redis import Redis

from shared.outbox.jobs import Job, new_id
from shared.outbox.outbox import Outbox
from shared.redis_keys import Key
from tests.faults.bench import Bench, Unloaded
from tests.faults.ledger import Ledger
from tests.faults.relay import Relay
from tests.faults.report import Row
from tests.faults.run import say
from tests.faults.stack import one_redis, settings_for
from tests.support.servers import free_port, wait_until
from worker.app import Delays, create_worker
from worker.settings.settings import WorkerSettings

WAITING = 1_000_000
CHUNK = 2_000
ROUNDS = 200
JOBS = 5  # Per round.
USERS = 1_000  # For whom jobs wait.
MAX_RATIO = 1.25  # Of the medians, which differ this much between two equal servers on a busy machine.
ADD_ALL = "for i = 1, #ARGV, 2 do add(ARGV[i], ARGV[i + 1], 'waiting') end"


class Side:
    """A Redis with its waiting jobs, a worker that takes nothing from the queue, and their times in seconds."""

    def __init__(self, folder: Path, bench: Bench, relay: Relay) -> None:
        self.server = one_redis(folder)
        self.client = self.server.client()
        environ = settings_for(bench.database_url, relay.port, free_port(), self.server.url)
        self.worker = create_worker(WorkerSettings.load(environ | {"LOG_LEVEL": "ERROR"}), delays=Delays((0, 0), 0))
        self.worker.intake.batch = 1
        self.outbox = self.worker.outbox
        self.sweeps: list[float] = []
        self.mails: list[float] = []
        self._numbers = count()

    def measure(self) -> None:
        """Time one sweep, and some jobs from claim to completion."""
        self.sweeps.append(_seconds(self.worker.sweeper.sweep))
        for _ in range(JOBS):
            self.outbox.add(_job(new_id(), f"u{next(self._numbers)}"))
            self.mails.append(_seconds(self._deliver))

    def _deliver(self) -> None:
        with self.worker.flask.app_context():
            self.worker.intake.run()
        self.worker.departures.wait_until_empty()

    def close(self) -> None:
        self.worker.departures.stop()
        self.client.close()
        self.server.close()


def fill(client: Redis, number: int, users: int = USERS) -> None:
    """Add a number of jobs, as the API would; then wait until Redis has rewritten its append-only file.

    They are for users u0, u1 and so on, below `users`, so that a worker has as much to do for each as for a new job.
    """
    add_all = Outbox(client).script(ADD_ALL)
    entry = _job("JOB_ID", "USER").entry()
    for begin in range(0, number, CHUNK):
        words: list[str] = []
        for at in range(begin, min(begin + CHUNK, number)):
            job = new_id()
            words += [job, entry.replace("JOB_ID", job).replace("USER", f"u{at % users}")]
        add_all(args=words)
    wait_until(
        lambda: not client.info("persistence")["aof_rewrite_in_progress"], "Redis does not finish its rewrite", 120
    )


def a_million_waiting(bench: Bench, row: Row) -> None:
    """Measure a full and an empty outbox alternately, so that other load on the machine affects both."""
    waiting = WAITING // 100 if bench.short else WAITING
    ledger = Ledger()
    relay = Relay(ledger.take)
    relay.start()
    empty, full = (Side(bench.folder_for(f"backlog-{name}"), bench, relay) for name in ("empty", "full"))
    try:
        fill(full.client, waiting)
        say(f"{full.client.hlen(Key.JOBS)} jobs wait")
        for _ in range(ROUNDS):
            empty.measure()
            full.measure()
        memory = full.client.info("memory")["used_memory"] / waiting
    finally:
        empty.close()
        full.close()
        relay.stop()
    row.notes.append(f"{waiting} jobs of {memory:.0f} bytes")
    if len(ledger.mails) != 2 * ROUNDS * JOBS:
        row.broken.append(f"{len(ledger.mails)} mails")
    _compare(row, "sweep", empty.sweeps, full.sweeps)
    _compare(row, "mail", empty.mails, full.mails)


def _compare(row: Row, what: str, empty: list[float], full: list[float]) -> None:
    without, with_many = median(empty), median(full)
    ratio = with_many / without
    row.notes.append(f"{what} {without * 1000:.2f} ms, then {with_many * 1000:.2f} ms: {ratio:.2f}")
    if ratio > MAX_RATIO:
        row.broken.append(f"{what} {ratio:.2f} times as slow")


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _job(identity: str, user: str) -> Job:
    return Job(identity, "forgot", "0123456789abcdef", "hash", time.time(), address=f"{user}@example.com")


FAULTS = [Unloaded("backlog", "a million jobs waiting", a_million_waiting)]
