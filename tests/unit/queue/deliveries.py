"""One job, and its delivery with fakes."""

import time
from dataclasses import dataclass, field
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from structlog.contextvars import get_contextvars
from worker.queue.delivery import Delivery

from shared.outbox.jobs import Job
from worker.handlers import Outcome
from worker.queue.consumer import LeasedJob

JOB = Job("a" * 32, "forgot", "r-1", "hash", 0.0, address="ada@example.com")

MAILED = Outcome("mailed_reset", "250 OK", {"mails_sent:reset": 1}, "mails_doubled")


@dataclass
class FakeConsumer:
    """One queued job, and where it has moved since."""

    attempts: int = 0
    unconfirmed: int = 0
    outages: int = 0
    job: Job = JOB
    place: str = "queued"
    lease_owner: str = ""
    waits: float = 0.0
    reason: str = ""
    next_leases: list[float] = field(default_factory=list)
    retrying: list[bool] = field(default_factory=list)
    waiting: list[Job] = field(default_factory=list)

    def claim(self, job_id: str, lease_owner: str, lease: float) -> LeasedJob | None:
        if job_id != JOB.id or self.place != "queued":
            return None
        self.place, self.lease_owner, self.waits = "leased", lease_owner, lease
        return LeasedJob(self.job, lease_owner, self.attempts, self.unconfirmed)

    def complete(self, leased: LeasedJob, outcome: Outcome, *, next_lease: float, retrying: bool) -> LeasedJob | None:
        assert outcome == MAILED
        self.next_leases.append(next_lease)
        self.retrying.append(retrying)
        if self.outages:
            self.outages -= 1
            raise RedisConnectionError
        if next_lease and not retrying and self.waiting:
            return LeasedJob(self.waiting.pop(0), self.lease_owner)
        self._move(leased, "done")
        return None

    def reschedule(
        self, leased: LeasedJob, delay: float, reason: str, count: str, *, unconfirmed: bool = False
    ) -> bool:
        self.waits, self.reason = delay, reason
        self.unconfirmed += unconfirmed
        return self._move(leased, "later")

    def bury(self, leased: LeasedJob, reason: str) -> bool:
        self.reason = reason
        return self._move(leased, "dead")

    def _move(self, leased: LeasedJob, place: str) -> bool:
        assert (leased.job.id, leased.lease_owner, self.place) == (JOB.id, self.lease_owner, "leased")
        self.place = place
        return True


@dataclass
class FakeHandlers:
    """Delivers, or fails as configured."""

    failure: Exception | None = None
    seconds: float = 0.0
    delivered: list[Job] = field(default_factory=list)
    seen: dict[str, Any] = field(default_factory=dict)

    def handle(self, job: Job) -> Outcome:
        self.seen = get_contextvars()
        time.sleep(self.seconds)
        if self.failure:
            raise self.failure
        self.delivered.append(job)
        return MAILED


def run(consumer: FakeConsumer, handlers: FakeHandlers, job_id: str = JOB.id, more_for: float = 0.0) -> None:
    parts: tuple[Any, Any] = (consumer, handlers)
    Delivery(*parts, more_for).run(job_id)
