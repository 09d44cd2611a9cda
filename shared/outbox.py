"""The outbox: what was accepted and is not finished, in Redis.

A job is in `outbox:jobs` and in exactly one of three sorted sets until it is done. Every step is one Lua script, atomic
in memory and in the append-only file, on Redis's own clock in microseconds. So a message that Celery delivers twice
mails once, and one that Celery loses is put back by the sweeper.

    outbox:jobs    hash  id -> entry        here = accepted and not finished
    outbox:queued  zset  id -> when pushed  its message waits in the Celery queue; may be claimed
    outbox:leased  zset  id -> lease end    a worker holds it
    outbox:later   zset  id -> when         to be queued then; a stray message cannot jump the wait
    outbox:holder  hash  id -> holder       who holds the lease
    outbox:tries   hash  id -> n            how often it failed in passing
    outbox:lost    hash  id -> n            how often its worker died
    outbox:unsure  hash  id -> n            how often the relay may have taken it
    outbox:dead    hash  id -> reason and entry, with outbox:buried (zset) by time: capped and expiring
    outbox:settled:ID    string             finished a moment ago; a late repeat is not accepted again
    outbox:mark    hash                     everything pushed before `mark` had left the queue at `time`
    latchkey       list                     Celery's own queue
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from redis import Redis
from redis.commands.core import Script

from shared.jobs import QUEUE, Job, message

MICROSECONDS = 1_000_000
MOST_LOST_LEASES = 5
UNBOUNDED = 2**53  # The worker finishes what was accepted, whatever OUTBOX_MAX says.
GRACE = 10  # Seconds that a message may be on its way from the queue to a claim.


class OutboxFull(Exception):
    """OUTBOX_MAX jobs are waiting: nothing more is accepted."""


@dataclass(frozen=True)
class Sweep:
    """What one sweep put back into the queue, by reason, and what it gave up."""

    due: int
    lost_leases: int
    lost_messages: int
    buried: int


@dataclass(frozen=True)
class Claim:
    """A job that is ours for the length of a lease, with what happened to it before."""

    job: Job
    tries: int
    unsure: int


@dataclass(frozen=True)
class Pending:
    """How much is not finished.

    jobs: accepted and not finished. oldest: seconds since the first of them was accepted, None where there is none or
    it is not known. dead: given up, for a person to look at. queue: messages in the Celery queue.
    """

    jobs: int
    oldest: float | None
    dead: int
    queue: int


@cache
def _source(name: str) -> str:
    folder = files("shared") / "lua"
    return (folder / "outbox.lua").read_text() + (folder / f"{name}.lua").read_text()


class Outbox:
    """Accepted jobs, kept in Redis until they are finished."""

    def __init__(self, redis: Redis, most_jobs: int = UNBOUNDED) -> None:
        self._redis = redis
        self._most_jobs = most_jobs
        names = ("add", "add_later", "claim", "done", "retry", "bury", "sweep")
        self._scripts = {name: redis.register_script(_source(name)) for name in names}

    def script(self, body: str) -> Script:
        """Register a script of the caller's that may use the outbox's own functions, `add` above all."""
        return self._redis.register_script((files("shared") / "lua" / "outbox.lua").read_text() + body)

    def add(self, job: Job) -> bool:
        """Accept a job and queue it, in one step; tell whether it is new.

        Raises OutboxFull.
        """
        result = self._scripts["add"](args=[job.id, job.entry(), *message(job.id), self._most_jobs])
        if result < 0:
            raise OutboxFull
        return bool(result)

    def add_later(self, job: Job, delay: float) -> bool:
        """Accept a job that becomes due in `delay` seconds, or when `release` is called; tell whether it is new."""
        return bool(self._scripts["add_later"](args=[job.id, job.entry(), int(delay * MICROSECONDS)]))

    def release(self, job_id: str) -> None:
        """Make a waiting job due at once: the next sweep queues it."""
        self._redis.zadd("outbox:later", {job_id: 0}, xx=True)

    def claim(self, job_id: str, holder: str, lease: float) -> Claim | None:
        """Take a queued job for `lease` seconds, or return None if it is not to be had.

        The same holder may repeat the call after a timeout.
        """
        claimed = self._scripts["claim"](args=[job_id, holder, int(lease * MICROSECONDS)])
        return Claim(Job.from_entry(claimed[0]), *claimed[1:]) if claimed else None

    def done(self, job_id: str, remember: int = 0) -> None:
        """Finish a job; for `remember` seconds the same id is not accepted again."""
        self._scripts["done"](args=[job_id, remember])

    def retry(self, job_id: str, holder: str, delay: float, *, unsure: bool = False) -> bool:
        """Give the job up until `delay` seconds from now; False if the lease was lost meanwhile.

        unsure: the relay may have taken the mail, so this is counted apart from what surely failed.
        """
        return bool(self._scripts["retry"](args=[job_id, holder, int(delay * MICROSECONDS), int(unsure)]))

    def bury(self, job_id: str, holder: str, reason: str) -> bool:
        """Put the job among the dead, for a person to look at; False if the lease was lost meanwhile."""
        return bool(self._scripts["bury"](args=[job_id, holder, reason]))

    def pending(self) -> Pending:
        """Return how much is not finished."""
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.hlen("outbox:jobs")
            pipe.zcard("outbox:buried")
            pipe.llen(QUEUE)
            jobs, dead, queue = pipe.execute()
        return Pending(jobs=jobs, oldest=None, dead=dead, queue=queue)

    def sweep(self, limit: int = 100, grace: float = GRACE) -> Sweep:
        """Put back what is due, what a dead worker had claimed, and what was lost on its way from queue to worker."""
        args: list[str | int] = [limit, MOST_LOST_LEASES, int(grace * MICROSECONDS), "0".join(message("JOB_ID"))]
        return Sweep(*self._scripts["sweep"](args=args))
