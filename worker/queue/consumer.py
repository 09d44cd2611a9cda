"""The worker's half of the outbox: lease jobs, and then complete, reschedule, bury or give back each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shared.connections.quick_script import QuickScript
from shared.log import get_logger
from shared.outbox.jobs import Job
from shared.outbox.outbox import Outbox, read_lua
from shared.redis_keys import MICROSECONDS, lua_constants
from worker.plans import Outcome
from worker.queue.dead_letters import DEAD_LETTER_DAYS, MAX_DEAD_LETTERS

SETTLED_TIMEOUT = 600  # Seconds for which one of several users' jobs is not accepted again, if its parent runs twice.
# Bytes of the event and the detail of an outcome in a history. All lines are as long: otherwise the growth of Redis
# would tell which addresses have an account.
OUTCOME_WIDTH = 128
SUSPECT = 2  # Lost workers after which a job is leased alone, because it may be the cause.
PACE_SECONDS = 2.0  # The time over which the pace of the workers is measured.
KEPT_PACE = 0.98  # The part of the highest pace that is kept at the next measurement.

log = get_logger(__name__)

Failure = Literal["attempts", "unanswered", "unexpected"]


@dataclass(frozen=True)
class LeasedJob:
    """A job that nobody else works on until its lease ends, and the numbers of its earlier failures.

    unanswered: how often the relay may have accepted the email. unexpected: how often it failed for a reason that
    nobody thought of. lost: how often its worker died. lane: where it waited; empty if no network
    asked for it, or if it is tried again.
    """

    job: Job
    lease_owner: str
    attempts: int = 0
    unanswered: int = 0
    unexpected: int = 0
    lost: int = 0
    lane: str = ""


class Consumer:
    """Takes jobs from the outbox and settles them. Only the current owner of a lease can reschedule or bury its job."""

    def __init__(self, outbox: Outbox) -> None:
        names = ("claim", "complete", "reschedule", "bury", "give_back")
        self._claim, self._complete, self._reschedule, self._bury, self._give_back = (
            worker_script(outbox, name) for name in names
        )

    def claim(self, lease_owner: str, lease: float, most: int) -> list[LeasedJob]:
        """Lease the jobs whose turn it is, at most this many, for `lease` seconds.

        A job that has lost several workers is leased alone. One that cannot be read is left to its lease.
        """
        taken: Any = self._claim(args=[lease_owner, int(lease * MICROSECONDS), most])
        leased = []
        for entry, lane, attempts, unanswered, unexpected, lost in taken:
            try:
                job = Job.from_entry(entry)
            except (TypeError, ValueError, AttributeError) as error:
                log.error("job_unreadable", error=type(error).__name__)
                continue
            leased.append(LeasedJob(job, lease_owner, attempts, unanswered, unexpected, lost, lane))
        return leased

    def complete(self, finished: Sequence[tuple[Job, Outcome]], *, repeated: bool = False) -> None:
        """Finish jobs, whoever holds their leases by now, and record their outcomes.

        repeated: an earlier call was not answered, so the jobs may already be finished.
        """
        told = [
            {
                "id": job.id,
                "address_hash": job.address_hash,
                "event": outcome.event,
                "detail": _filled(outcome),
                "counts": outcome.counts,
                "doubled": outcome.count_if_finished,
                "settled": SETTLED_TIMEOUT if job.kind == "reset" else 0,
            }
            for job, outcome in finished
        ]
        self._complete(args=[json.dumps(told), int(repeated)])

    def reschedule(
        self, leased: LeasedJob, delay: float, reason: str, count: str, *, failure: Failure = "attempts"
    ) -> bool:
        """Give the job back, to be tried in `delay` seconds; return False if the lease was lost meanwhile.

        count: the counter to increase. failure: which of the job's failures this one is.
        """
        wait = int(delay * MICROSECONDS)
        return bool(self._reschedule(args=[leased.job.id, leased.lease_owner, wait, failure, reason, count]))

    def bury(self, leased: LeasedJob, reason: str) -> bool:
        """Move the job to the dead letters; return False if the lease was lost meanwhile."""
        return bool(self._bury(args=[leased.job.id, leased.lease_owner, reason]))

    def give_back(self, leased: Sequence[LeasedJob]) -> None:
        """End leases of jobs that were not begun, so that another worker takes them."""
        for owner in dict.fromkeys(each.lease_owner for each in leased):
            self._give_back(args=[owner, *(each.job.id for each in leased if each.lease_owner == owner)])

    def give_back_all(self, lease_owner: str) -> None:
        """End all leases of an owner whose claim was not answered."""
        self._give_back(args=[lease_owner])


def worker_script(outbox: Outbox, name: str) -> QuickScript:
    """Register a script of worker/queue/lua that may use the functions of its consumer.lua."""
    constants = {
        "SUSPECT": SUSPECT,
        "PACE_SECONDS": PACE_SECONDS,
        "KEPT_PACE": KEPT_PACE,
        "DEAD_LETTER_AGE": DEAD_LETTER_DAYS * 86400 * MICROSECONDS,
        "MAX_DEAD_LETTERS": MAX_DEAD_LETTERS,
    }
    functions, body = (read_lua("worker.queue", f"lua/{file}") for file in ("consumer", name))
    return outbox.script(lua_constants(constants) + functions + body, draining=True)


def _filled(outcome: Outcome) -> str:
    """Return the detail, cut or filled with spaces to the width that all outcomes have."""
    width = OUTCOME_WIDTH - len(outcome.event)
    detail = outcome.detail.encode()[:width].decode(errors="ignore")
    return detail + " " * (width - len(detail.encode()))
