"""Two workers claim jobs at the same instant: exactly one gets each."""

import time
from threading import Barrier, Thread

from shared.outbox.jobs import Job, new_id
from shared.outbox.outbox import Outbox
from tests.faults.bench import Bench, Unloaded
from tests.faults.report import Row
from tests.faults.stack import one_redis
from worker.delivery.intake import LEASE
from worker.queue.consumer import Consumer


def raced(bench: Bench, row: Row) -> None:
    """Let two clients claim a thousand jobs one by one, with a barrier before each."""
    server = one_redis(bench.folder_for("claims"))
    jobs = [new_id() for _ in range(300 if bench.short else 1000)]
    winners: list[list[str]] = [[], []]
    gate = Barrier(2, timeout=10)

    def claim_all(number: int) -> None:
        with server.client() as client:
            consumer = Consumer(Outbox(client))
            for _ in jobs:
                gate.wait()
                winners[number] += [leased.job.id for leased in consumer.claim(f"worker {number}", LEASE, 1)]

    with server.client() as client:
        outbox = Outbox(client)
        for job in jobs:
            outbox.add(Job(job, "forgot", "request", "hash", time.time(), address="anna@example.com"))
    threads = [Thread(target=claim_all, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.close()

    row.notes.append(f"{len(winners[0])} + {len(winners[1])} claims of {len(jobs)} jobs")
    if sorted(winners[0] + winners[1]) != sorted(jobs):
        row.broken.append("not one claim each")


FAULTS = [Unloaded("claims", "two workers claim one job at once", raced)]
