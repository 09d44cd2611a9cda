"""What the worker does for each kind of job, without Celery and SMTP: plan it, and later carry it out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from logging import ERROR

from flask_mail import Message

from shared.addresses import InvalidAddress
from shared.log import get_logger
from shared.outbox.delivery_buckets import bucket
from shared.outbox.jobs import Job, state
from shared.outbox.outbox import Outbox
from shared.tokens import Tokens
from shared.users.user import Offer, User
from shared.users.users import Users
from shared.words import words
from worker.mails.messages import Messages
from worker.plans import Outcome, Plan
from worker.smtp.failures import PermanentFailure

# Seconds. A late link is useless, but a day later it is still worth knowing that the password was changed.
NOTICE_MAX_AGE = 86400
# Seconds for which a change that nobody confirmed is looked for in the table: no replica should be further behind.
UNCONFIRMED_MAX_AGE = 600
MAX_PER_ADDRESS = 5  # Accounts.

log = get_logger(__name__)


class NotChangedYet(Exception):
    """The table shows no change of a password that the API has not confirmed either."""


@dataclass(frozen=True)
class JobHandlers:
    """Turns jobs into emails, or into nothing."""

    users: Users
    tokens: Tokens
    messages: Messages
    send: Callable[[Message], str]
    outbox: Outbox
    hash_keys: Sequence[bytes]
    max_age: float

    def plan(self, jobs: Sequence[Job]) -> list[Plan | Exception]:
        """Look jobs up, all addresses together, and return for each what it has come to or why that is unknown.

        The reasons are SQLAlchemyError, UsersTableError, NotChangedYet and PermanentFailure, or unexpected.
        """
        typed = list(dict.fromkeys(job.address for job in jobs if job.kind in {"forgot", "reset"}))
        found: Mapping[str, Sequence[User] | Exception]
        try:
            found = self.users.find_each(typed)
        except Exception as error:
            found = dict.fromkeys(typed, error)
        return [self._plan(job, found.get(job.address, [])) for job in jobs]

    def carry_out(self, plan: Plan) -> Outcome:
        """Send the email, if there is one, and return the outcome, which is always logged in one line.

        Raises MailFailed.
        """
        answer = self._mail(plan.write) if plan.write else None
        log.log(plan.level, plan.event, job=plan.job.id, address_hash=plan.job.address_hash, **plan.details)
        return plan.outcome if answer is None else _mailed(plan.outcome, plan.job, answer)

    def _plan(self, job: Job, found: Sequence[User] | Exception) -> Plan | Exception:
        if job.age > (NOTICE_MAX_AGE if job.kind == "password_changed" else self.max_age):
            outcome = Outcome("dropped", "too old", {f"mails_dropped:{job.kind}": 1})
            return Plan(job, outcome, "dropped_too_old", {"kind": job.kind}, level=ERROR)
        if isinstance(found, Exception):
            return found
        try:
            return self._plan_kind(job, found)
        except Exception as error:
            return error

    def _plan_kind(self, job: Job, found: Sequence[User]) -> Plan:
        match job.kind:
            case "forgot":
                return self._plan_links(job, found)
            case "over_quota":
                # The API has already added the line to its history: "limited".
                return Plan(job, Outcome(counts={"jobs_ended:over_quota": 1}), "over_quota")
            case "reset":
                return self._plan_link_to_user(job, found)
            case "password_changed":
                return self._plan_notice(job)
            case _:
                raise PermanentFailure("this version does not know this kind of job")

    def _plan_links(self, job: Job, found: Sequence[User]) -> Plan:
        offered = [user for user in found if self.users.offer(user)]
        if len(offered) > MAX_PER_ADDRESS:
            hint = f"Only {MAX_PER_ADDRESS} of them get an email: the address as typed and in lower case first."
            log.warning("many_accounts", job=job.id, address_hash=job.address_hash, accounts=len(offered), hint=hint)
        users = offered[:MAX_PER_ADDRESS]
        if not users:
            return _without_mail(_why_nobody(found), job)
        if len(users) == 1:
            return self._plan_offer(job, users[0])
        # A job for each user, so that one that fails does not email the others twice.
        for user in users:
            self.outbox.add(job.send_link_to_user(user.id, state(user.id, user.password_hash, self.hash_keys[0])))
        return _without_mail("several_users", job, users=len(users))

    def _plan_link_to_user(self, job: Job, found: Sequence[User]) -> Plan:
        theirs = [user for user in found if user.id == job.user_id]
        # If ids are not unique, the state tells which user it is.
        theirs.sort(key=lambda user: not self._is_old_state(job, user))
        user = next(filter(self.users.offer, theirs), None)
        return self._plan_offer(job, user) if user else _without_mail(_why_nobody(theirs), job)

    def _plan_offer(self, job: Job, user: User) -> Plan:
        """Plan a link, or how to sign in, for the address stored in the row, never for the one that was typed."""
        what = self.users.offer(user)
        addressed = job.about(user.name, user.locale)
        return Plan(
            job, _sent(what), f"{what}_mailed", {"user": user.id}, partial(self._write_offer, what, addressed, user)
        )

    def _write_offer(self, what: Offer, job: Job, user: User) -> Message:
        if what == "sign_in":
            return self.messages.sign_in(job, user.address)
        token = self.tokens.issue(user.id, user.password_hash, user.address)
        write = self.messages.reset if what == "reset" else self.messages.first_password
        return write(job, user.address, token)

    def _plan_notice(self, job: Job) -> Plan:
        """Notify the address that the user had, if the API confirmed the change, or else if the table shows it.

        The table may be a replica that is behind: a change that it does not show is looked for again.

        Raises NotChangedYet.
        """
        if not job.confirmed and not self._shows_change(job):
            if job.age < UNCONFIRMED_MAX_AGE:
                raise NotChangedYet
            return _without_mail("not_changed", job, user=job.user_id)
        write = partial(self.messages.password_changed, job)
        return Plan(job, _sent("password_changed"), "change_mailed", {"user": job.user_id}, write)

    def _shows_change(self, job: Job) -> bool:
        rows = self.users.with_id(job.user_id)
        rows = [row for row in rows if row.address == job.address] or rows
        return bool(rows) and not any(self._is_old_state(job, row) for row in rows)

    def _is_old_state(self, job: Job, user: User) -> bool:
        return job.old_state in [state(user.id, user.password_hash, key) for key in self.hash_keys]

    def _mail(self, write: Callable[[], Message]) -> str:
        try:
            message = write()
        except InvalidAddress:
            raise PermanentFailure("the stored address is malformed") from None
        return self.send(message)


def _why_nobody(found: Sequence[User]) -> str:
    """Return why none of the accounts of an address is offered anything."""
    if not found:
        return "no_such_user"
    return "no_password" if any(user.active for user in found) else "outside_filter"


def _without_mail(event: str, job: Job, **details: object) -> Plan:
    return Plan(job, Outcome(event, counts={f"jobs_ended:{event}": 1}), event, details)


def _sent(what: str) -> Outcome:
    return Outcome(f"mailed_{what}", counts={f"mails_sent:{what}": 1}, count_if_finished="mails_doubled")


def _mailed(outcome: Outcome, job: Job, answer: str) -> Outcome:
    """Add how long it took, and the relay's answer: its postmaster can find the email by it."""
    seconds = max(0.0, job.age)  # The clock of the API may be ahead.
    took = {f"delivery_le:{bucket(seconds)}": 1, "delivery_ms": int(seconds * 1000)}
    return replace(outcome, detail=words(answer), counts={**outcome.counts, **took})
