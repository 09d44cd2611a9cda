"""Stage one: take the jobs whose turn it is, look all of them up, and hand them over to the departures.

What it does and how long it takes does not depend on which addresses have an account: Celery's events show it.
"""

import secrets
import time
from dataclasses import dataclass

from shared.log import get_logger
from worker.delivery.departures import Departures
from worker.delivery.settlement import Settlement
from worker.handlers import JobHandlers
from worker.plans import Plan
from worker.queue.consumer import SUSPECT, Consumer, LeasedJob

# Seconds. An email begins at most 20 after its claim (MAX_AGE), and takes 45 at most. The rest is for completing it
# while Redis is away.
LEASE = 120
TIME_LIMIT = 90  # Seconds after which Celery ends the task and its process. Later the leases end.
# Jobs that one task takes. They share one query and one task event.
BATCH = 100
TASK_SECONDS = 0.05  # Every task takes at least this long, whatever it finds.
# Seconds for which a task waits for the jobs in hand before a job that is taken alone, and then for that job. Less than
# MAX_AGE.
ALONE_TIMEOUT = 15.0
ROOM_TIMEOUT = 5.0  # Seconds for which a task waits until some of the jobs in hand have departed.

log = get_logger(__name__)


@dataclass
class Intake:
    """Takes jobs for this process.

    seconds: how long a task takes at least. batch: how many jobs it takes at most.
    """

    consumer: Consumer
    handlers: JobHandlers
    departures: Departures
    settlement: Settlement
    seconds: float = TASK_SECONDS
    batch: int = BATCH
    _unanswered: str = ""

    def run(self) -> None:
        """Take jobs, plan them and hand them over.

        Raises nothing: Celery would send the traceback through a pipe. One of 75 kB, more than the pipe can hold, once
        kept a worker from ending. Flower would also show its text.
        """
        ends_at = time.monotonic() + self.seconds
        try:
            if self.departures.wait_for_room(ROOM_TIMEOUT):
                self._take()
        except Exception as error:
            log.error("jobs_left_to_the_sweeper", error=type(error).__name__)
        time.sleep(max(0.0, ends_at - time.monotonic()))

    def _take(self) -> None:
        taken_at = time.monotonic()
        leased = self._claim()
        alone = any(job.lost >= SUSPECT for job in leased)
        if alone:
            # It may end this process, so nothing else is in hand meanwhile.
            self.departures.wait_until_empty(ALONE_TIMEOUT)
        self.departures.add(self._plan(leased), taken_at)
        if alone:
            self.departures.wait_until_empty(ALONE_TIMEOUT)

    def _claim(self) -> list[LeasedJob]:
        """Lease jobs. If an answer was lost, give back what that call may have leased."""
        if self._unanswered:
            self.consumer.give_back_all(self._unanswered)
        self._unanswered = owner = secrets.token_hex(8)
        leased = self.consumer.claim(owner, LEASE, self.batch)
        self._unanswered = ""
        return leased

    def _plan(self, leased: list[LeasedJob]) -> list[tuple[LeasedJob, Plan]]:
        planned = []
        for job, plan in zip(leased, self.handlers.plan([each.job for each in leased]), strict=True):
            if isinstance(plan, Exception):
                self.settlement.fail(job, plan)
            else:
                planned.append((job, plan))
        return planned
