import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from shared.addresses import envelope
from shared.outbox.jobs import Job, Kind, state
from shared.settings.users_table import WithoutPassword
from shared.tokens import Tokens
from shared.users.user import Offer, User
from shared.words import MAX_WORDS
from worker.handlers import UNCONFIRMED_MAX_AGE, JobHandlers, NotChangedYet
from worker.plans import Outcome
from worker.smtp.failures import PermanentFailure, TransientFailure

NEW_KEY, OLD_KEY = b"new key of the states", b"old key of the states"
MAX_AGE = 3600
ADA = User("1", "Ada@Example.com", "$2b$04$hash-of-ada")
BOB = User("2", "ada@example.com", "$2b$04$hash-of-bob")


@dataclass(frozen=True)
class Mail:
    id: str
    kind: str
    recipient: str
    token: str = ""


class FakeMessages:
    def reset(self, job: Job, address: str, token: str) -> Mail:
        return Mail(job.id, "reset", envelope(address), token)

    def password_changed(self, job: Job) -> Mail:
        return Mail(job.old_state, "password_changed", envelope(job.address))


@dataclass
class FakeUsers:
    rows: list[User]
    without_password: WithoutPassword = "silent"

    def find_each(self, addresses: Sequence[str]) -> dict[str, list[User]]:
        return {address: self.rows if address.lower() == "ada@example.com" else [] for address in addresses}

    def with_id(self, user_id: str) -> list[User]:
        return [row for row in self.rows if row.id == user_id]

    def offer(self, user: User) -> Offer:
        return user.offer(self.without_password)


@dataclass
class FakeOutbox:
    jobs: dict[str, Job] = field(default_factory=dict)

    def add(self, job: Job) -> bool:
        return self.jobs.setdefault(job.id, job) is job


@dataclass
class Desk:
    """Handles jobs with fakes, and records what was sent and accepted."""

    rows: list[User]
    sent: list[Mail] = field(default_factory=list)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    tokens: Tokens = field(default_factory=lambda: Tokens(["a signing key"], 1800))

    def deliver(self, job: Job, send: Any = None) -> Outcome:
        fakes: tuple[Any, Any, Any, Any] = (FakeUsers(self.rows), FakeMessages(), send or self.send, self.outbox)
        users, messages, sending, outbox = fakes
        handlers = JobHandlers(users, self.tokens, messages, sending, outbox, [NEW_KEY, OLD_KEY], MAX_AGE)
        (plan,) = handlers.plan([job])
        if isinstance(plan, Exception):
            raise plan
        return handlers.carry_out(plan)

    def send(self, mail: Mail) -> str:
        self.sent.append(mail)
        return "250 2.0.0 OK: queued for <ada@example.com>\nas 4F1"


def job(kind: Any = "forgot", **changes: Any) -> Job:
    fields = {"id": "a" * 32, "request_id": "r-1", "address_hash": "h", "address": "ADA@example.COM"}
    return Job(kind=kind, **({"accepted_at": time.time()} | fields | changes))


def change_of(user: User, key: bytes = NEW_KEY, **changes: Any) -> Job:
    """Return a notice that the user's current password was changed."""
    old = state(user.id, user.password_hash, key)
    return job("password_changed", address=user.address, user_id=user.id, old_state=old, **changes)


def long_ago(user: User, key: bytes = NEW_KEY) -> Job:
    return change_of(user, key, accepted_at=time.time() - UNCONFIRMED_MAX_AGE - 1)


QUIET = {
    "an address that nobody uses": ([ADA], job(address="eve@example.com")),
    "a request over the quota of its address": ([ADA], job("over_quota")),
    "a link for a user who has another address now": ([BOB], job("reset", user_id=ADA.id)),
    "a notice for a user who is gone": ([], long_ago(ADA)),
    "a notice while the old password is still stored": ([ADA], long_ago(ADA)),
    "the same, hashed before the keys rotated": ([ADA], long_ago(ADA, OLD_KEY)),
}


@pytest.mark.parametrize(("rows", "quiet"), QUIET.values(), ids=QUIET)
def test_no_mail_and_no_job_is_created_for(rows: list[User], quiet: Job) -> None:
    desk = Desk(rows)

    desk.deliver(quiet)

    assert (desk.sent, desk.outbox.jobs) == ([], {})


@pytest.mark.parametrize("rows", [[ADA], []], ids=["the old password is stored", "the user is not there"])
def test_a_recent_notice_that_nobody_confirmed_is_not_given_up_yet(rows: list[User]) -> None:
    """The table may be a replica that is behind."""
    with pytest.raises(NotChangedYet):
        Desk(rows).deliver(change_of(ADA))


@pytest.mark.parametrize("rows", [[ADA], []], ids=["the old password is stored", "the user is not there"])
def test_a_notice_that_the_api_confirmed_is_sent_whatever_the_table_holds(rows: list[User]) -> None:
    desk = Desk(rows)

    desk.deliver(change_of(ADA, confirmed=True))

    assert [mail.kind for mail in desk.sent] == ["password_changed"]


def test_of_two_users_with_one_id_each_gets_a_link_of_their_own() -> None:
    twin = replace(ADA, password_hash="$2b$04$hash-of-twin")
    desk = Desk([ADA, twin])

    desk.deliver(job())
    for each in list(desk.outbox.jobs.values()):
        desk.deliver(each)

    claims = [desk.tokens.verify(mail.token) for mail in desk.sent]
    assert [
        claim.holds_for(user.password_hash, user.address) for claim, user in zip(claims, [ADA, twin], strict=True)
    ] == [True] * 2


def test_the_mail_goes_to_the_stored_address_and_not_to_the_typed_one() -> None:
    desk = Desk([ADA])

    desk.deliver(job(address="ADA@example.COM"))

    assert [(mail.id, mail.kind, mail.recipient) for mail in desk.sent] == [(job().id, "reset", "Ada@example.com")]


def test_the_link_is_for_the_user_and_their_present_state() -> None:
    desk = Desk([ADA])

    desk.deliver(job())

    claims = desk.tokens.verify(desk.sent[0].token)
    assert claims.user_id == ADA.id
    assert claims.holds_for(ADA.password_hash, ADA.address)


def test_several_users_of_one_address_get_a_job_each_and_no_mail_yet() -> None:
    desk = Desk([ADA, BOB])

    desk.deliver(job())

    assert desk.sent == []
    jobs = list(desk.outbox.jobs.values())
    assert [(each.kind, each.user_id) for each in jobs] == [("reset", ADA.id), ("reset", BOB.id)]
    assert len({each.id for each in jobs} - {job().id}) == 2
    assert {each.request_id for each in jobs} == {"r-1"}


def test_a_job_for_several_users_makes_the_same_jobs_again_when_it_runs_twice() -> None:
    desk = Desk([ADA, BOB])

    desk.deliver(job())
    desk.deliver(job())
    assert len(desk.outbox.jobs) == 2

    desk.deliver(job(id="b" * 32))
    assert len(desk.outbox.jobs) == 4


def test_each_of_several_users_gets_their_own_link_at_their_own_address() -> None:
    desk = Desk([ADA, BOB])
    desk.deliver(job())

    for each in desk.outbox.jobs.values():
        desk.deliver(each)

    assert [desk.tokens.verify(mail.token).user_id for mail in desk.sent] == [ADA.id, BOB.id]
    assert [mail.recipient for mail in desk.sent] == ["Ada@example.com", "ada@example.com"]
    assert len({mail.id for mail in desk.sent}) == 2


def test_the_notice_goes_to_the_address_that_the_user_had() -> None:
    desk = Desk([replace(ADA, address="moved@example.net", password_hash="$2b$04$new")])

    desk.deliver(change_of(ADA))

    assert [mail.recipient for mail in desk.sent] == ["Ada@example.com"]
    assert desk.sent[0].kind == "password_changed"


@pytest.mark.parametrize(("kind", "most"), [("forgot", MAX_AGE), ("reset", MAX_AGE), ("password_changed", 86400)])
def test_a_job_that_is_too_old_is_dropped(kind: Kind, most: float) -> None:
    desk = Desk([replace(ADA, password_hash="$2b$04$new")])
    old = replace(change_of(ADA), kind=kind, accepted_at=time.time() - most - 1)

    desk.deliver(old)

    assert (desk.sent, desk.outbox.jobs) == ([], {})
    desk.deliver(replace(old, accepted_at=time.time() - most + 60))
    assert len(desk.sent) == 1


def test_a_kind_of_a_later_version_is_a_permanent_failure() -> None:
    with pytest.raises(PermanentFailure):
        Desk([ADA]).deliver(job("kind-of-tomorrow"))


def test_a_stored_address_that_is_malformed_is_a_permanent_failure_that_does_not_name_it() -> None:
    desk = Desk([replace(ADA, address="ada\ue000@example.com")])

    with pytest.raises(PermanentFailure) as caught:
        desk.deliver(job())

    assert "@" not in caught.value.reason
    assert desk.sent == []


def test_a_failure_of_the_relay_reaches_the_caller() -> None:
    def refuse(_: Mail) -> None:
        raise TransientFailure("relay away")

    with pytest.raises(TransientFailure):
        Desk([ADA]).deliver(job(), send=refuse)


def test_what_the_relay_answered_is_kept_on_one_line_and_without_addresses() -> None:
    outcome = Desk([ADA]).deliver(job())

    assert (outcome.event, outcome.detail) == ("mailed_reset", "250 2.0.0 OK: queued for <[address]> as 4F1")
    assert len(Desk([ADA]).deliver(job(), send=lambda _: "250 " + "x " * 500).detail) == MAX_WORDS
