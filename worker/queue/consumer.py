"""The worker's half of the outbox: lease a job, and then complete, reschedule or bury it."""

from dataclasses import dataclass
from typing import Any

from shared.connections.quick_script import QuickScript
from shared.outbox.jobs import Job
from shared.outbox.outbox import Outbox, read_lua
from shared.redis_keys import MICROSECONDS, lua_constants
from worker.handlers import Outcome
from worker.queue.dead_letters import DEAD_LETTER_DAYS, MAX_DEAD_LETTERS

SETTLED_TIMEOUT = 600  # Seconds for which one of several users' jobs is not accepted again, if its parent runs twice.
# Seconds after the start of a lease within which the same call may lease the next job. If Redis reads the call later,
# because it was frozen or the connection was cut, the worker no longer waits for the answer, and a job leased to it
# would be stuck. It must be at least MORE_FOR and REDIS_TIMEOUT together.
NEXT_JOB_TIMEOUT = 3


@dataclass(frozen=True)
class LeasedJob:
    """A job that nobody else works on until its lease ends, and the number of its earlier failures.

    unconfirmed: how often the relay may have accepted the email.
    """

    job: Job
    lease_owner: str
    attempts: int = 0
    unconfirmed: int = 0


class Consumer:
    """Takes jobs from the outbox and settles them. Only the current owner of a lease can reschedule or bury its job."""

    def __init__(self, outbox: Outbox) -> None:
        self._claim, self._complete, self._reschedule, self._bury = (
            worker_script(outbox, name) for name in ("claim", "complete", "reschedule", "bury")
        )

    def claim(self, job_id: str, lease_owner: str, lease: float) -> LeasedJob | None:
        """Lease a queued job for `lease` seconds, or return None if it is finished, leased or not yet due.

        The same owner may repeat the call after a timeout.
        """
        return _leased(self._claim(args=[job_id, lease_owner, int(lease * MICROSECONDS)]), lease_owner)

    def complete(
        self, leased: LeasedJob, outcome: Outcome, *, next_lease: float = 0.0, retrying: bool = False
    ) -> LeasedJob | None:
        """Finish a job, whoever holds its lease by now, record its outcome, and lease the next one.

        Return the next job, leased for `next_lease` seconds; None if none is wanted or waits, or the call comes late.

        retrying: an earlier call was not answered, so the job may already be finished, and any job that was leased to
        its owner goes back to the queue.
        """
        job, lease = leased.job, int(next_lease * MICROSECONDS)
        remember_for = SETTLED_TIMEOUT if job.kind == "reset" else 0
        count_if_finished = "" if retrying else outcome.count_if_finished
        args: list[str | int] = [job.id, leased.lease_owner, lease, int(retrying), remember_for]
        args += [outcome.event, outcome.detail, count_if_finished]
        for counted in outcome.counts.items():
            args += counted
        return _leased(self._complete(args=args), leased.lease_owner)

    def reschedule(
        self, leased: LeasedJob, delay: float, reason: str, count: str, *, unconfirmed: bool = False
    ) -> bool:
        """Give the job back, to be tried in `delay` seconds; return False if the lease was lost meanwhile.

        count: the counter to increase. unconfirmed: the relay may have accepted the email.
        """
        wait = int(delay * MICROSECONDS)
        return bool(self._reschedule(args=[leased.job.id, leased.lease_owner, wait, int(unconfirmed), reason, count]))

    def bury(self, leased: LeasedJob, reason: str) -> bool:
        """Move the job to the dead letters; return False if the lease was lost meanwhile."""
        return bool(self._bury(args=[leased.job.id, leased.lease_owner, reason]))


def worker_script(outbox: Outbox, name: str) -> QuickScript:
    """Register a script of worker/queue/lua that may use the functions of its consumer.lua."""
    constants = {
        "NEXT_JOB_TIMEOUT": NEXT_JOB_TIMEOUT * MICROSECONDS,
        "DEAD_LETTER_AGE": DEAD_LETTER_DAYS * 86400 * MICROSECONDS,
        "MAX_DEAD_LETTERS": MAX_DEAD_LETTERS,
    }
    functions, body = (read_lua("worker.queue", f"lua/{file}") for file in ("consumer", name))
    return outbox.script(lua_constants(constants) + functions + body, draining=True)


def _leased(answer: Any, lease_owner: str) -> LeasedJob | None:
    return LeasedJob(Job.from_entry(answer[0]), lease_owner, *answer[1:]) if answer else None
