"""The outbox: what was accepted and is not finished, in Redis.

A job is in `outbox:jobs` and in exactly one of three sorted sets until it is done. Every step is one Lua script, atomic
in memory and in the append-only file, on Redis's own clock in microseconds. So a message that Celery delivers twice
mails once, and one that Celery loses is put back by the sweeper. Who finishes a job may be given the next one at once.

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
    outbox:requests zset id -> accepted     every request for a link, and every notice of a change: what is too old is
    outbox:notices zset  id -> accepted     dropped, wherever it waits
    latchkey       list                     Celery's own queue

What happens to a job is also counted (hash `metrics`) and kept for support under the hash of its address for 48 hours:
lists `history:HASH`, and `history:HASH:limited` for requests over the quota. While Redis is short of memory, which the
key `history:off` says, none is written and the sweeper deletes them.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from redis import Redis

from shared.connections.quick_script import QuickScript
from shared.outbox.jobs import Job, message

MICROSECONDS = 1_000_000
MOST_LOST_LEASES = 5
UNBOUNDED = 2**53  # The worker finishes what was accepted, whatever OUTBOX_MAX says.
# Before a script that makes room: Redis runs it even where it is full.
ALLOW_FULL = "#!lua flags=allow-oom\n"
_DRAINING = ("claim", "done", "retry", "bury", "sweep", "release")
ROOM = 100  # Messages: a second's work or less. Up to here, what is due fills the queue.
# What every script begins with: the message of a job, as the parts between which its id stands.
_MESSAGE = f"local MESSAGE = {{{', '.join(f'[==[{part}]==]' for part in message('JOB_ID').split('JOB_ID'))}}}\n"
A_DAY = 86400.0  # Seconds.
GRACE = 10  # Seconds that a message may be on its way from the queue to a claim.


class OutboxFull(Exception):
    """OUTBOX_MAX jobs are waiting: nothing more is accepted."""


@dataclass(frozen=True)
class Sweep:
    """What one sweep dropped as too old, what it put back into the queue, by reason, and what it gave up.

    waiting: due, and still without a place in the queue.
    """

    dropped: int
    due: int
    lost_leases: int
    lost_messages: int
    buried: int
    waiting: int


@dataclass(frozen=True)
class Claim:
    """A job that is ours for the length of a lease, with what happened to it before."""

    job: Job
    tries: int
    unsure: int


@dataclass(frozen=True)
class Ending:
    """How a job ended: a line for the history of its address, and what to count.

    count_repeated is counted instead where the job was finished already.
    """

    event: str = ""
    detail: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    count_repeated: str = ""


UNTOLD = Ending()


@dataclass(frozen=True)
class Taker:
    """Who takes the next job, for a lease of seconds; again: repeated, so what an unanswered call gave goes back."""

    holder: str = ""
    lease: float = 0.0
    again: bool = False


NOBODY = Taker()


@dataclass(frozen=True)
class Failure:
    """Why a job is tried again later; unsure: the relay may have taken the mail, which is counted apart."""

    reason: str
    count: str
    unsure: bool = False


def _claim(answer: Any) -> Claim | None:
    return Claim(Job.from_entry(answer[0]), *answer[1:]) if answer else None


_FILES = {"add_later": "add_delayed", "done": "complete", "retry": "reschedule", "release": "promote"}


@cache
def _lua(name: str) -> str:
    package = "worker.queue" if name in ("claim", "done", "retry", "bury", "sweep") else "shared.outbox"
    return (files(package) / "lua" / f"{_FILES.get(name, name)}.lua").read_text()


class Outbox:
    """Accepted jobs, kept in Redis until they are finished."""

    def __init__(self, redis: Redis, most_jobs: int = UNBOUNDED) -> None:
        self._redis = redis
        self._most_jobs = most_jobs
        self._free: deque[Any] = deque()
        names = ("add", "add_later", *_DRAINING)
        self._scripts = {name: self.script(_lua(name), draining=name in _DRAINING) for name in names}

    def script(self, body: str, *, draining: bool = False, trusted_for: float = 0.0) -> QuickScript:
        """Register a script of the caller's that may use the outbox's own functions, `add` above all.

        draining: it makes room, so Redis runs it even where it is full. trusted_for: see QuickScript.
        """
        text = (ALLOW_FULL if draining else "") + _MESSAGE + _lua("outbox") + body
        return QuickScript(self._redis, text, self._free, trusted_for)

    def add(self, job: Job) -> bool:
        """Accept a job and queue it, in one step; tell whether it is new.

        Raises OutboxFull.
        """
        accepted = int(job.accepted_at * MICROSECONDS)
        result = self._scripts["add"](args=[job.id, job.entry(), self._most_jobs, accepted])
        if result < 0:
            raise OutboxFull
        return bool(result)

    def add_later(self, job: Job, delay: float) -> bool:
        """Accept a notice that becomes due in `delay` seconds, or when `release` is called; tell whether it is new."""
        return bool(self._scripts["add_later"](args=[job.id, job.entry(), int(delay * MICROSECONDS)]))

    def release(self, job_id: str, event: str = "") -> None:
        """Make a waiting job due at once, and note the event that it waited for."""
        self._scripts["release"](args=[job_id, event])

    def claim(self, job_id: str, holder: str, lease: float) -> Claim | None:
        """Take a queued job for `lease` seconds, or return None if it is not to be had.

        The same holder may repeat the call after a timeout.
        """
        return _claim(self._scripts["claim"](args=[job_id, holder, int(lease * MICROSECONDS)]))

    def done(self, job_id: str, remember: int = 0, ending: Ending = UNTOLD, taker: Taker = NOBODY) -> Claim | None:
        """Finish a job, and note how; for `remember` seconds the same id is not accepted again.

        Return the next job, or None: nobody takes it, none waits, the call is repeated, or it comes too late.
        """
        args: list[str | int] = [job_id, remember, ending.event, ending.detail, ending.count_repeated]
        args += [taker.holder, int(taker.lease * MICROSECONDS), int(taker.again)]
        for counted in ending.counts.items():
            args += counted
        return _claim(self._scripts["done"](args=args))

    def retry(self, job_id: str, holder: str, delay: float, failure: Failure) -> bool:
        """Give the job up until `delay` seconds from now; False if the lease was lost meanwhile."""
        wait = int(delay * MICROSECONDS)
        args: list[str | int] = [job_id, holder, wait, int(failure.unsure), failure.reason, failure.count]
        return bool(self._scripts["retry"](args=args))

    def bury(self, job_id: str, holder: str, reason: str) -> bool:
        """Put the job among the dead, for a person to look at; False if the lease was lost meanwhile."""
        return bool(self._scripts["bury"](args=[job_id, holder, reason]))

    def sweep(self, limit: int = 100, grace: float = GRACE, ages: tuple[float, float] = (A_DAY, A_DAY)) -> Sweep:
        """Put back what is due, what a dead worker had claimed, and what was lost on its way from queue to worker.

        ages: seconds after which requests for a link and notices of a change are dropped.
        """
        times = [int(seconds * MICROSECONDS) for seconds in (grace, *ages)]
        args: list[str | int] = [limit, MOST_LOST_LEASES, *times, ROOM]
        return Sweep(*self._scripts["sweep"](args=args))
