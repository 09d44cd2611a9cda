"""One job, and a consumer that records where it has moved."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from redis.exceptions import ConnectionError as RedisConnectionError

from shared.outbox.jobs import Job
from worker.plans import Outcome
from worker.queue.consumer import Failure, LeasedJob

JOB = Job("a" * 32, "forgot", "r-1", "hash", 0.0, address="ada@example.com")
MAILED = Outcome("mailed_reset", "250 OK", {"mails_sent:reset": 1}, "mails_doubled")


@dataclass
class FakeConsumer:
    """Where the job has moved.

    outages: how many calls of `complete` and `give_back` fail before one is answered.
    """

    outages: int = 0
    place: str = "leased"
    waits: float = 0.0
    reason: str = ""
    count: str = ""
    failure: Failure | None = None
    completed: list[tuple[Job, Outcome]] = field(default_factory=list)
    repeated: list[bool] = field(default_factory=list)
    given_back: list[LeasedJob] = field(default_factory=list)

    def complete(self, finished: Sequence[tuple[Job, Outcome]], *, repeated: bool) -> None:
        self.repeated.append(repeated)
        self._answer()
        self.completed += finished

    def reschedule(
        self, _leased: LeasedJob, delay: float, reason: str, count: str, *, failure: Failure = "attempts"
    ) -> bool:
        self.place, self.waits, self.reason, self.count, self.failure = "later", delay, reason, count, failure
        return True

    def bury(self, _leased: LeasedJob, reason: str) -> bool:
        self.place, self.reason = "dead", reason
        return True

    def give_back(self, leased: Sequence[LeasedJob]) -> None:
        self._answer()
        self.given_back += leased

    def _answer(self) -> None:
        if self.outages:
            self.outages -= 1
            raise RedisConnectionError
