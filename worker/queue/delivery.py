"""The only task: claim a job, do it, settle it, and perhaps continue with the next."""

import random
import secrets
import time
from dataclasses import dataclass

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from shared.failures import explain
from shared.log import get_logger, with_request_id
from shared.users.table import UsersTableError
from worker.handlers import JobHandlers, NotChangedYet, Outcome
from worker.queue.consumer import Consumer, LeasedJob
from worker.smtp.failures import MisconfiguredRelay, PermanentFailure, TransientFailure, UnknownOutcome

# Seconds. A job waits at most 14 for the database (ping, connect, query), 45 for the relay and, at completion, 25 for
# Redis. After all this, at TIME_LIMIT, Celery ends the task and its process, and later its lease ends. A task takes
# further jobs for MORE_FOR.
TIME_LIMIT = 90
LEASE = 120
MORE_FOR = 1.0
COMPLETE_TIMEOUT = 25  # Seconds for which completing a job is retried if Redis does not answer.
COMPLETE_INTERVAL = 0.2
UNCONFIRMED_DELAYS = (10.0, 60.0, 300.0)  # Seconds.
NOT_CHANGED_DELAY = 60.0  # Seconds after which an unconfirmed change is looked for again.
# Seconds. Retries are frequent at first, so that email flows soon after a short outage, and rare in a long one.
FIRST_DELAY, MAX_EARLY_DELAY, MAX_DELAY = 1.0, 10.0, 60.0
EARLY_ATTEMPTS = 30  # About five minutes.

log = get_logger(__name__)


@dataclass(frozen=True)
class Delivery:
    """Claims a job, delivers it and settles it."""

    consumer: Consumer
    handlers: JobHandlers
    more_for: float = 0.0

    def run(self, job_id: str) -> None:
        """Deliver the job, then those that wait behind it, until `more_for` seconds are over or one fails.

        Does nothing if another worker has the job or it is finished, so it can be called any number of times. Raises
        nothing: Celery would send the traceback through a pipe. One of 75 kB, more than the pipe can hold, once kept a
        worker from ending. Flower would also show its text.
        """
        ends_at = time.monotonic() + self.more_for
        try:
            leased = self.consumer.claim(job_id, secrets.token_hex(8), LEASE)
            while leased is not None:
                job_id = leased.job.id
                leased = self._deliver(leased, ends_at)
        except Exception as error:
            log.error("job_left_to_the_sweeper", job=job_id, error=type(error).__name__)

    def _deliver(self, leased: LeasedJob, ends_at: float) -> LeasedJob | None:
        """Deliver a job and lease the next one, if this one did not fail and there is time."""
        with with_request_id(request_id=leased.job.request_id):
            try:
                outcome = self.handlers.handle(leased.job)
            except Exception as error:
                self._settle_failure(leased, error)
                return None
            return self._complete(leased, outcome, LEASE if time.monotonic() < ends_at else 0)

    def _settle_failure(self, leased: LeasedJob, error: Exception) -> None:
        """Bury or reschedule the job; in both cases no other job has to wait for it."""
        unconfirmed = leased.unconfirmed
        match error:
            case PermanentFailure():
                self._bury(leased, error.reason)
            case UnknownOutcome() if unconfirmed < len(UNCONFIRMED_DELAYS):
                log.warning("mail_unanswered", job=leased.job.id, reason=error.reason, times=unconfirmed + 1)
                wait = UNCONFIRMED_DELAYS[unconfirmed]
                self.consumer.reschedule(leased, wait, error.reason, "mails_retried:unsure", unconfirmed=True)
            case UnknownOutcome():
                self._bury(leased, f"never answered, may be sent: {error.reason}")
            case NotChangedYet():
                log.info("change_unconfirmed", job=leased.job.id)
                reason = "the database does not show the change (yet)"
                self.consumer.reschedule(leased, NOT_CHANGED_DELAY, reason, "mails_retried:unconfirmed")
            case _:
                self.consumer.reschedule(leased, delay(leased.attempts), *_reported(leased, error))

    def _bury(self, leased: LeasedJob, reason: str) -> None:
        log.error("buried", job=leased.job.id, kind=leased.job.kind, reason=reason)
        self.consumer.bury(leased, reason)

    def _complete(self, leased: LeasedJob, outcome: Outcome, next_lease: float) -> LeasedJob | None:
        """Complete the job, retrying until Redis answers: the email is sent, and would otherwise be sent twice."""
        give_up_at = time.monotonic() + COMPLETE_TIMEOUT
        retrying = False
        while True:
            try:
                return self.consumer.complete(leased, outcome, next_lease=next_lease, retrying=retrying)
            except RedisError:
                if time.monotonic() > give_up_at:
                    raise
                retrying = True
                time.sleep(COMPLETE_INTERVAL)


def _reported(leased: LeasedJob, error: Exception) -> tuple[str, str]:
    """Log a temporary failure; return its reason for the history, and its counter."""
    about = {"job": leased.job.id, "attempts": leased.attempts}
    match error:
        case MisconfiguredRelay():
            log.critical("relay_misconfigured", reason=error.reason, hint=error.hint, **about)
            return error.reason, "mails_retried:misconfigured"
        case TransientFailure():
            log.warning("mail_delayed", reason=error.reason, **about)
            return error.reason, "mails_retried:transient"
        case UsersTableError() | SQLAlchemyError():
            hint = explain(error)
            log.error("job_delayed", error=type(error).__name__, hint=hint, **about)
            return hint, "mails_retried:database"
    log.error("unexpected_error", error=type(error).__name__, exc_info=error, **about)
    return type(error).__name__, "mails_retried:unexpected"


def delay(attempts: int) -> float:
    """Return the seconds to wait after this many failures: 1, 2, 4, 8, 10, later 60, with 25 % of jitter either way."""
    longest = MAX_EARLY_DELAY if attempts < EARLY_ATTEMPTS else MAX_DELAY
    step = min(longest, FIRST_DELAY * 2.0 ** min(attempts, 10))
    return step * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, protects nothing
