"""The one task: claim a job, deliver it, settle it."""

import random
import secrets
import time
from dataclasses import dataclass

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from shared.log import get_logger, with_request_id
from shared.outbox import Outbox
from shared.users import UsersTableError
from worker.mailer import MisconfiguredRelay, PermanentFailure, TransientFailure
from worker.notices import Notices

TIME_LIMIT = 60  # Seconds after which Celery ends a task with its process.
LEASE = 90  # Seconds: longer than any task lives.
SETTLE_FOR = 25  # Seconds that a finished job is reported to a Redis that does not answer.
REMEMBER = 600  # Seconds in which a finished id is not accepted again.
FIRST_DELAY, MOST_DELAY = 1.0, 60.0  # Seconds.

log = get_logger(__name__)


@dataclass(frozen=True)
class Delivery:
    """Takes a job from the outbox through its delivery to its end."""

    outbox: Outbox
    notices: Notices

    def run(self, job_id: str) -> None:
        """Deliver the job unless it is finished or in other hands; safe to call any number of times."""
        holder = secrets.token_hex(8)
        claimed = self.outbox.claim(job_id, holder, LEASE)
        if claimed is None:
            return
        job, tries = claimed
        with with_request_id(request_id=job.request_id):
            try:
                self.notices.deliver(job)
            except PermanentFailure as error:
                log.error("buried", job=job.id, kind=job.kind, reason=error.reason)
                self.outbox.bury(job.id, holder, error.reason)
            except MisconfiguredRelay as error:
                log.critical("relay_misconfigured", job=job.id, reason=error.reason)
                self.outbox.retry(job.id, holder, delay(tries))
            except TransientFailure as error:
                log.warning("mail_delayed", job=job.id, reason=error.reason, tries=tries)
                self.outbox.retry(job.id, holder, delay(tries))
            except (SQLAlchemyError, UsersTableError) as error:
                detail = str(error) if isinstance(error, UsersTableError) else ""
                log.error("job_delayed", job=job.id, error=type(error).__name__, detail=detail, tries=tries)
                self.outbox.retry(job.id, holder, delay(tries))
            except Exception as error:
                log.error("unexpected_error", job=job.id, error=type(error).__name__, exc_info=error)
                self.outbox.retry(job.id, holder, delay(tries))
            else:
                self._settle(job.id)

    def _settle(self, job_id: str) -> None:
        """Mark the job done. The mail is out, so this is repeated until Redis answers: else it would go out twice."""
        give_up_at = time.monotonic() + SETTLE_FOR
        while True:
            try:
                self.outbox.done(job_id, REMEMBER)
            except RedisError:
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(0.2)
            else:
                return


def delay(tries: int) -> float:
    """Return the seconds to wait after so many failures: doubling from 1 to 60, a quarter of jitter either way."""
    step = min(MOST_DELAY, FIRST_DELAY * 2.0 ** min(tries, 10))
    return step * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, protects nothing
