"""What becomes of a job that is done or has failed: completed, tried again, or buried."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from shared.failures import explain
from shared.log import get_logger
from shared.outbox.jobs import Job
from shared.users.table import UsersTableError
from worker.handlers import NotChangedYet
from worker.plans import Outcome
from worker.queue.consumer import Consumer, LeasedJob
from worker.smtp.failures import MisconfiguredRelay, PermanentFailure, TransientFailure, UnknownOutcome

UNANSWERED_DELAYS = (10.0, 60.0, 300.0)  # Seconds.
UNEXPECTED_ATTEMPTS = 5
NOT_CHANGED_DELAY = 60.0  # Seconds after which an unconfirmed change is looked for again.
# Seconds. Retries are frequent at first, so that email flows soon after a short outage, and rare in a long one.
FIRST_DELAY, MAX_EARLY_DELAY, MAX_DELAY = 1.0, 10.0, 60.0
EARLY_ATTEMPTS = 30  # About five minutes.
TRACEBACK_INTERVAL = 3600.0  # Seconds. Meanwhile an error of the same kind is logged without its traceback.
MAX_KINDS = 100  # Of errors whose last traceback is remembered.

log = get_logger(__name__)


@dataclass
class Settlement:
    """Settles leased jobs."""

    consumer: Consumer
    _shown: dict[str, float] = field(default_factory=dict)

    def complete(self, finished: Sequence[tuple[Job, Outcome]], *, repeated: bool) -> bool:
        """Complete jobs; return False if that failed, and the call is to be repeated."""
        try:
            self.consumer.complete(finished, repeated=repeated)
        except Exception as problem:
            if not repeated:
                shown = problem if not isinstance(problem, RedisError) and self._is_new(problem) else None
                log.error("completing_waits", error=type(problem).__name__, hint=explain(problem), exc_info=shown)
            return False
        return True

    def fail(self, leased: LeasedJob, error: Exception) -> None:
        """Bury or reschedule the job. Its lease ends by itself if Redis does not answer."""
        try:
            self._settle(leased, error)
        except Exception as problem:
            log.error("job_left_to_the_sweeper", job=leased.job.id, error=type(problem).__name__)

    def give_back(self, leased: Sequence[LeasedJob]) -> None:
        """Let another worker take jobs that were not begun. Their leases end by themselves if Redis does not answer."""
        try:
            self.consumer.give_back(leased)
        except RedisError as problem:
            log.error("jobs_left_to_the_sweeper", error=type(problem).__name__)

    def _settle(self, leased: LeasedJob, error: Exception) -> None:
        unanswered = leased.unanswered
        match error:
            case PermanentFailure():
                self._bury(leased, error.reason)
            case UnknownOutcome() if unanswered < len(UNANSWERED_DELAYS):
                log.warning("mail_unanswered", job=leased.job.id, reason=error.reason, times=unanswered + 1)
                wait = UNANSWERED_DELAYS[unanswered]
                self.consumer.reschedule(leased, wait, error.reason, "mails_retried:unsure", failure="unanswered")
            case UnknownOutcome():
                self._bury(leased, f"never answered, may be sent: {error.reason}")
            case NotChangedYet():
                log.info("change_unconfirmed", job=leased.job.id)
                reason = "the database does not show the change (yet)"
                self.consumer.reschedule(leased, NOT_CHANGED_DELAY, reason, "mails_retried:unconfirmed")
            case TransientFailure() | UsersTableError() | SQLAlchemyError() | RedisError():
                self.consumer.reschedule(leased, delay(leased.attempts), *_reported(leased, error))
            case _:
                self._settle_unexpected(leased, error)

    def _settle_unexpected(self, leased: LeasedJob, error: Exception) -> None:
        """Try a few times more, then bury: what nobody thought of may never pass, and fills the log meanwhile."""
        name, times = type(error).__name__, leased.unexpected + 1
        shown = error if self._is_new(error) else None
        log.error("unexpected_error", error=name, exc_info=shown, job=leased.job.id, times=times)
        if times >= UNEXPECTED_ATTEMPTS:
            self._bury(leased, f"unexpected error: {name}")
        else:
            wait = delay(leased.unexpected)
            self.consumer.reschedule(leased, wait, name, "mails_retried:unexpected", failure="unexpected")

    def _is_new(self, error: Exception) -> bool:
        """Tell whether an error of this kind, of this class and raised at this place, was not shown lately."""
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        place = (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace else ()
        kind, now = repr((type(error), place)), time.monotonic()
        if now - self._shown.get(kind, -TRACEBACK_INTERVAL) < TRACEBACK_INTERVAL:
            return False
        if len(self._shown) >= MAX_KINDS:
            self._shown.clear()
        self._shown[kind] = now
        return True

    def _bury(self, leased: LeasedJob, reason: str) -> None:
        log.error("buried", job=leased.job.id, kind=leased.job.kind, reason=reason)
        self.consumer.bury(leased, reason)


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
        case RedisError():
            hint = explain(error)
            log.error("job_delayed", error=type(error).__name__, hint=hint, **about)
            return hint, "mails_retried:transient"
    hint = explain(error)
    log.error("job_delayed", error=type(error).__name__, hint=hint, **about)
    return hint, "mails_retried:database"


def delay(attempts: int) -> float:
    """Return the seconds to wait after this many failures: 1, 2, 4, 8, 10, later 60, with 25 % of jitter either way."""
    longest = MAX_EARLY_DELAY if attempts < EARLY_ATTEMPTS else MAX_DELAY
    step = min(longest, FIRST_DELAY * 2.0 ** min(attempts, 10))
    return step * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, protects nothing
