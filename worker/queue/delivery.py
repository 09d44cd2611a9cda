"""The one task: claim a job, deliver it, settle it, and perhaps go on with the next."""

import random
import secrets
import time
from dataclasses import dataclass, replace

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from shared.log import get_logger, with_request_id
from shared.outbox.jobs import Job
from shared.outbox.outbox import NOBODY, Claim, Ending, Failure, Outbox, Taker
from shared.users.table import DATABASE_CURE, UsersTableError
from worker.handlers import Notices
from worker.smtp.mailer import MisconfiguredRelay, PermanentFailure, TransientFailure, UnknownOutcome

# Seconds. A job asks the database (two waits of 6), the relay (45) and, done, Redis (25); then Celery ends the task and
# its process, and only after that does its lease end. Until MORE_FOR after its begin a task takes the next job.
TIME_LIMIT = 90
LEASE = 120
MORE_FOR = 1.0
SETTLE_FOR = 25  # Seconds that a finished job is reported to a Redis that does not answer.
REMEMBER = 600  # Seconds in which one of several users' jobs is not accepted again, should its parent run twice.
UNSURE_DELAYS = (10.0, 60.0, 300.0)  # Seconds.
# Seconds: at first often, so that mail flows soon after a short outage; later, in a long one, rarely.
FIRST_DELAY, EARLY_MOST, MOST = 1.0, 10.0, 60.0
EARLY_TRIES = 30  # Some five minutes.

log = get_logger(__name__)


@dataclass(frozen=True)
class Delivery:
    """Takes a job from the outbox through its delivery to its end."""

    outbox: Outbox
    notices: Notices
    more_for: float = 0.0

    def run(self, job_id: str) -> None:
        """Deliver the job, then what waits behind it until `more_for` seconds are over or one fails.

        Nothing if it is finished or in other hands, so it is safe to call any number of times. Raises nothing: Celery
        would send the traceback through a pipe, where one of 75 kB, more than a pipe holds, was seen to block a
        worker's end for ever; Flower would show its text.
        """
        ends_at = time.monotonic() + self.more_for
        holder = secrets.token_hex(8)
        try:
            claim = self.outbox.claim(job_id, holder, LEASE)
            while claim is not None:
                job_id = claim.job.id
                claim = self._deliver(claim, holder, ends_at)
        except Exception as error:
            log.error("job_left_to_the_sweeper", job=job_id, error=type(error).__name__)

    def _deliver(self, claim: Claim, holder: str, ends_at: float) -> Claim | None:
        """Deliver a job and take the next one, if this one did not fail and there is time."""
        with with_request_id(request_id=claim.job.request_id):
            try:
                ending = self.notices.deliver(claim.job)
            except Exception as error:
                self._failed(claim, holder, error)
                return None
            return self._settle(claim.job, ending, Taker(holder, LEASE) if time.monotonic() < ends_at else NOBODY)

    def _failed(self, claim: Claim, holder: str, error: Exception) -> None:
        """Bury the job, or give it a time to try again; in any case nobody else has to wait for it."""
        job, unsure = claim.job, claim.unsure
        match error:
            case PermanentFailure():
                self._bury(job, holder, error.reason)
            case UnknownOutcome() if unsure < len(UNSURE_DELAYS):
                log.warning("mail_unanswered", job=job.id, reason=error.reason, times=unsure + 1)
                failure = Failure(error.reason, "mails_retried:unsure", unsure=True)
                self.outbox.retry(job.id, holder, UNSURE_DELAYS[unsure], failure)
            case UnknownOutcome():
                self._bury(job, holder, f"never answered, may be sent: {error.reason}")
            case _:
                self.outbox.retry(job.id, holder, delay(claim.tries), _reported(claim, error))

    def _bury(self, job: Job, holder: str, reason: str) -> None:
        log.error("buried", job=job.id, kind=job.kind, reason=reason)
        self.outbox.bury(job.id, holder, reason)

    def _settle(self, job: Job, ending: Ending, taker: Taker) -> Claim | None:
        """Mark the job done. The mail is out, so this is repeated until Redis answers: else it would go out twice."""
        give_up_at = time.monotonic() + SETTLE_FOR
        while True:
            try:
                return self.outbox.done(job.id, REMEMBER if job.kind == "reset" else 0, ending, taker)
            except RedisError:
                if time.monotonic() > give_up_at:
                    raise
                # What was not answered may have been done: that the job is gone no longer tells of a second mail.
                ending, taker = replace(ending, count_repeated=""), replace(taker, again=True)
                time.sleep(0.2)


def _reported(claim: Claim, error: Exception) -> Failure:
    """Log a failure that may pass, and sort it for the history and the counts."""
    about = {"job": claim.job.id, "tries": claim.tries}
    match error:
        case MisconfiguredRelay():
            log.critical("relay_misconfigured", reason=error.reason, **about)
            return Failure(error.reason, "mails_retried:misconfigured")
        case TransientFailure():
            log.warning("mail_delayed", reason=error.reason, **about)
            return Failure(error.reason, "mails_retried:transient")
        case UsersTableError() | SQLAlchemyError():
            detail = str(error) if isinstance(error, UsersTableError) else DATABASE_CURE
            log.error("job_delayed", error=type(error).__name__, detail=detail, **about)
            return Failure("the database is away or not as the settings say", "mails_retried:database")
    log.error("unexpected_error", error=type(error).__name__, exc_info=error, **about)
    return Failure(type(error).__name__, "mails_retried:unexpected")


def delay(tries: int) -> float:
    """Return the seconds to wait after so many failures: 1, 2, 4, 8, 10, later 60, a quarter of jitter either way."""
    most = EARLY_MOST if tries < EARLY_TRIES else MOST
    step = min(most, FIRST_DELAY * 2.0 ** min(tries, 10))
    return step * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, protects nothing
