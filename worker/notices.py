"""What happens for each kind of job. No Celery and no SMTP in here."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from flask_mail import Message

from shared.addresses import InvalidAddress
from shared.jobs import Job, state
from shared.log import get_logger
from shared.outbox import Outbox
from shared.tokens import Tokens
from shared.users import User, Users
from worker.mailer import PermanentFailure
from worker.messages import Messages

# Seconds. A link that comes late is of no use; that the password was changed is worth knowing a day later.
NOTICE_MAX_AGE = 86400

log = get_logger(__name__)


@dataclass(frozen=True)
class Notices:
    """Turns jobs into mails, or into nothing."""

    users: Users
    tokens: Tokens
    messages: Messages
    send: Callable[[Message], None]
    outbox: Outbox
    hash_keys: Sequence[bytes]
    max_age: float

    def deliver(self, job: Job) -> None:
        """Do what the job asks for; every outcome leaves one line in the log.

        Raises MailFailed, SQLAlchemyError or UsersTableError where it could not be done.
        """
        if job.age > (NOTICE_MAX_AGE if job.kind == "password_changed" else self.max_age):
            log.error("dropped_too_old", job=job.id, kind=job.kind, address_hash=job.address_hash)
            return
        match job.kind:
            case "forgot":
                self._forgot(job)
            case "over_quota":
                log.info("over_quota", job=job.id, address_hash=job.address_hash)
            case "reset":
                self._reset(job)
            case "password_changed":
                self._password_changed(job)
            case _:
                raise PermanentFailure("a kind of job that this version does not know")

    def _forgot(self, job: Job) -> None:
        users = self.users.find(job.address)
        if not users:
            log.info("no_such_user", job=job.id, address_hash=job.address_hash)
        elif len(users) == 1:
            self._mail_link(job, users[0])
        else:
            self._one_job_each(job, users)

    def _one_job_each(self, job: Job, users: list[User]) -> None:
        """Make a job for each user, so that one that fails does not mail the others twice."""
        for user in users:
            own_id = hashlib.sha256(f"{job.id}:{user.id}".encode()).hexdigest()[:32]
            self.outbox.add(replace(job, id=own_id, kind="reset", user_id=user.id))
        log.info("several_users", job=job.id, address_hash=job.address_hash, users=len(users))

    def _reset(self, job: Job) -> None:
        users = [user for user in self.users.find(job.address) if user.id == job.user_id]
        if users:
            self._mail_link(job, users[0])
        else:
            log.info("no_such_user", job=job.id, address_hash=job.address_hash)

    def _mail_link(self, job: Job, user: User) -> None:
        """Mail the link to the address stored in the row, never to the one that was typed."""
        token = self.tokens.issue(user.id, user.password_hash, user.address)
        self._mail(lambda: self.messages.reset(job.id, user.address, token))
        log.info("reset_mailed", job=job.id, user=user.id, address_hash=job.address_hash)

    def _password_changed(self, job: Job) -> None:
        """Tell the address that the user had, unless the old password is still stored: then the change never came."""
        user = self.users.get_any(job.user_id)
        if user is None or job.old_state in [state(user.password_hash, key) for key in self.hash_keys]:
            log.info("not_changed", job=job.id, user=job.user_id)
            return
        # Named after the old password and not the job: should two attempts tell of one change, it is recognisable.
        self._mail(lambda: self.messages.password_changed(job.old_state, job.address))
        log.info("change_mailed", job=job.id, user=job.user_id)

    def _mail(self, write: Callable[[], Message]) -> None:
        try:
            message = write()
        except InvalidAddress:
            raise PermanentFailure("the stored address needs SMTPUTF8") from None
        self.send(message)
