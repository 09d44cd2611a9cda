"""A million jobs are waiting: sweeping, claiming and finishing take no longer than with none."""

import time
from statistics import median

from shared.jobs import Job, message, new_id
from shared.outbox import Outbox
from tests.faults.bench import Bench, Unloaded
from tests.faults.report import Row
from tests.faults.run import say
from tests.faults.stack import OneRedis, one_redis
from tests.servers import wait_until
from worker.tasks import LEASE

WAITING = 1_000_000
CHUNK = 2_000
ROUNDS = 200
CLAIMS = 10  # In a round.
# What medians may differ by: a quarter, as those of two equal servers do on a busy machine. A claim by more, for Redis
# packs what is small: 0.25 ms with none, 0.38 with a hundred thousand and with a million. A mail takes ten times that.
MOST = {"sweep": 1.25, "claim and done": 2.0}
ADD_ALL = "for i = 1, #ARGV, 4 do add(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]) end"


class Side:
    """A Redis with so many jobs waiting, and how long its scripts take, in seconds."""

    def __init__(self, server: OneRedis) -> None:
        self.server = server
        self.client = server.client()
        self.outbox = Outbox(self.client)
        self.sweeps: list[float] = []
        self.claims: list[float] = []

    def measure(self) -> None:
        """Sweep once, and add, claim and finish some jobs."""
        begun = time.perf_counter()
        self.outbox.sweep()
        self.sweeps.append(time.perf_counter() - begun)
        jobs = [_job(new_id()) for _ in range(CLAIMS)]
        for job in jobs:
            self.outbox.add(job)
        begun = time.perf_counter()
        for job in jobs:
            assert self.outbox.claim(job.id, "worker", LEASE)
            self.outbox.done(job.id)
        self.claims.append((time.perf_counter() - begun) / CLAIMS)

    def fill(self, number: int) -> None:
        """Accept so many jobs, as the API would; then wait until Redis has rewritten its file."""
        add_all = self.outbox.script(ADD_ALL)
        entry, (head, tail) = _job("JOB_ID").entry(), message("JOB_ID")
        for begin in range(0, number, CHUNK):
            words: list[str] = []
            for _ in range(min(CHUNK, number - begin)):
                job = new_id()
                words += [job, entry.replace("JOB_ID", job), head.replace("JOB_ID", job), tail]
            add_all(args=words)
        wait_until(lambda: not self.client.info("persistence")["aof_rewrite_in_progress"], "no end of writing", 120)

    def close(self) -> None:
        self.client.close()
        self.server.close()


def a_million_waiting(bench: Bench, row: Row) -> None:
    """Measure a full outbox and an empty one in turns, so that whatever else the machine does hits both."""
    waiting = WAITING // 100 if bench.short else WAITING
    empty, full = (Side(one_redis(bench.folder_for(f"backlog-{name}"))) for name in ("empty", "full"))
    try:
        full.fill(waiting)
        say(f"{full.client.hlen('outbox:jobs')} jobs wait")
        for _ in range(ROUNDS):
            empty.measure()
            full.measure()
        memory = full.client.info("memory")["used_memory"] / waiting
    finally:
        empty.close()
        full.close()
    row.notes.append(f"{waiting} jobs of {memory:.0f} bytes")
    for what, without, with_many in (
        ("sweep", median(empty.sweeps), median(full.sweeps)),
        ("claim and done", median(empty.claims), median(full.claims)),
    ):
        ratio = with_many / without
        row.notes.append(f"{what} {without * 1000:.2f} ms, then {with_many * 1000:.2f} ms")
        if ratio > MOST[what]:
            row.broken.append(f"{what} {ratio:.2f} times as slow")


def _job(identity: str) -> Job:
    return Job(identity, "forgot", "0123456789abcdef", "hash", time.time(), address="anna@example.com")


FAULTS = [Unloaded("backlog", "a million jobs waiting", a_million_waiting)]
