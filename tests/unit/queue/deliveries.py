"""One job, and a delivery of it among fakes."""

import time
from dataclasses import dataclass, field
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from structlog.contextvars import get_contextvars

from shared.outbox.jobs import Job
from shared.outbox.outbox import Claim, Ending, Failure, Taker
from worker.queue.delivery import Delivery

JOB = Job("a" * 32, "forgot", "r-1", "hash", 0.0, address="ada@example.com")

MAILED = Ending("mailed_reset", "250 OK", {"mails_sent:reset": 1}, "mails_doubled")


@dataclass
class FakeOutbox:
    """One queued job, and where it has gone since."""

    tries: int = 0
    unsure: int = 0
    outages: int = 0
    job: Job = JOB
    place: str = "queued"
    holder: str = ""
    waits: float = 0.0
    reason: str = ""
    remembered: int = 0
    failure: Failure | None = None
    endings: list[Ending] = field(default_factory=list)
    takers: list[Taker] = field(default_factory=list)
    waiting: list[Job] = field(default_factory=list)

    def claim(self, job_id: str, holder: str, lease: float) -> Claim | None:
        if job_id != JOB.id or self.place != "queued":
            return None
        self.place, self.holder, self.waits = "leased", holder, lease
        return Claim(self.job, self.tries, self.unsure)

    def done(self, job_id: str, remember: int, ending: Ending, taker: Taker) -> Claim | None:
        self.endings.append(ending)
        self.takers.append(taker)
        if self.outages:
            self.outages -= 1
            raise RedisConnectionError
        self.remembered = remember
        if taker.holder and not taker.again and self.waiting:
            return Claim(self.waiting.pop(0), 0, 0)
        self._move(job_id, self.holder, "done")
        return None

    def retry(self, job_id: str, holder: str, seconds: float, failure: Failure) -> bool:
        self.waits, self.failure = seconds, failure
        self.unsure += failure.unsure
        return self._move(job_id, holder, "later")

    def bury(self, job_id: str, holder: str, reason: str) -> bool:
        self.reason = reason
        return self._move(job_id, holder, "dead")

    def _move(self, job_id: str, holder: str, place: str) -> bool:
        assert (job_id, holder, self.place) == (JOB.id, self.holder, "leased")
        self.place = place
        return True


@dataclass
class FakeNotices:
    """Delivers, or fails as told."""

    failure: Exception | None = None
    seconds: float = 0.0
    delivered: list[Job] = field(default_factory=list)
    seen: dict[str, Any] = field(default_factory=dict)

    def deliver(self, job: Job) -> Ending:
        self.seen = get_contextvars()
        time.sleep(self.seconds)
        if self.failure:
            raise self.failure
        self.delivered.append(job)
        return MAILED


def run(outbox: FakeOutbox, notices: FakeNotices, job_id: str = JOB.id, more_for: float = 0.0) -> None:
    parts: tuple[Any, Any] = (outbox, notices)
    Delivery(*parts, more_for).run(job_id)
