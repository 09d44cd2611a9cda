import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask import Flask
from flask_mail import Mail, Message

from shared.jobs import Job, state
from shared.tokens import Tokens
from shared.users import User
from worker.mailer import PermanentFailure, TransientFailure
from worker.messages import Messages
from worker.notices import Notices
from worker.settings import WorkerSettings

KEY = "abcdefghijklmnopqrstuvwxyz0123456789"
STATE_KEY = b"key of the states"
MAX_AGE = 3600
SETTINGS = WorkerSettings.load(
    {
        "SECRET_KEY": KEY,
        "REDIS_URL": "redis://redis.example",
        "DATABASE_URL": "postgresql://db.example/app",
        "USERS_HASH_FORMAT": "bcrypt",
        "RESET_URL": "https://www.example.org/reset",
        "MAIL_SERVER": "mail.example.org",
        "MAIL_DEFAULT_SENDER": "no-reply@example.org",
    }
)
ADA = User("1", "Ada@Example.com", "$2b$04$hash-of-ada")
BOB = User("2", "ada@example.com", "$2b$04$hash-of-bob")


@dataclass
class FakeUsers:
    """A users table of one mailbox."""

    rows: list[User]

    def find(self, address: str) -> list[User]:
        return self.rows if address.lower() == "ada@example.com" else []

    def get_any(self, user_id: str) -> User | None:
        return next((row for row in self.rows if row.id == user_id), None)


@dataclass
class FakeOutbox:
    """An outbox that accepts each id once."""

    jobs: dict[str, Job] = field(default_factory=dict)

    def add(self, job: Job) -> bool:
        return self.jobs.setdefault(job.id, job) is job


@dataclass
class Desk:
    """Delivers jobs over fakes, and keeps what was sent and what was accepted."""

    rows: list[User]
    sent: list[Message] = field(default_factory=list)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    tokens: Tokens = field(default_factory=lambda: Tokens([KEY], 1800))

    def deliver(self, job: Job, **changes: Any) -> None:
        parts: dict[str, Any] = {"users": FakeUsers(self.rows), "outbox": self.outbox, "send": self.sent.append}
        parts |= {"tokens": self.tokens, "messages": Messages(SETTINGS), "address_key": STATE_KEY, "max_age": MAX_AGE}
        Notices(**(parts | changes)).deliver(job)

    def recipients(self) -> list[str]:
        return [address for message in self.sent for address in message.send_to]


@pytest.fixture(autouse=True)
def _flask_mail() -> Iterator[None]:
    app = Flask("worker")
    Mail(app)
    with app.app_context():
        yield


def job(kind: Any = "forgot", **changes: Any) -> Job:
    fields = {"id": "a" * 32, "request_id": "r-1", "address_hash": "h", "address": "ADA@example.COM"}
    return Job(kind=kind, **({"accepted_at": time.time()} | fields | changes))


def change_of(user: User) -> Job:
    """Make the notice of a change away from the user's present password."""
    return job(
        "password_changed", address=user.address, user_id=user.id, old_state=state(user.password_hash, STATE_KEY)
    )


def test_an_address_that_nobody_uses_gets_nothing() -> None:
    desk = Desk([ADA])

    desk.deliver(job(address="eve@example.com"))

    assert (desk.sent, desk.outbox.jobs) == ([], {})


def test_the_mail_goes_to_the_stored_address_and_not_to_the_typed_one() -> None:
    desk = Desk([ADA])

    desk.deliver(job(address="ADA@example.COM"))

    assert desk.recipients() == ["Ada@example.com"]


def test_the_link_is_for_the_user_and_their_present_state() -> None:
    desk = Desk([ADA])

    desk.deliver(job())

    token = str(desk.sent[0].body).split("#token=")[1].split()[0]
    claim = desk.tokens.verify(token)
    assert claim.user_id == ADA.id
    assert claim.holds_for(ADA.password_hash, ADA.address)


def test_several_users_of_one_address_get_a_job_each_and_no_mail_yet() -> None:
    desk = Desk([ADA, BOB])

    desk.deliver(job())

    assert desk.sent == []
    jobs = list(desk.outbox.jobs.values())
    assert [(each.kind, each.user_id) for each in jobs] == [("reset", ADA.id), ("reset", BOB.id)]
    assert len({each.id for each in jobs} - {job().id}) == 2
    assert {each.request_id for each in jobs} == {"r-1"}


def test_a_job_for_several_users_that_runs_twice_makes_no_more_jobs() -> None:
    desk = Desk([ADA, BOB])

    desk.deliver(job())
    desk.deliver(job())

    assert len(desk.outbox.jobs) == 2


def test_the_jobs_of_another_request_have_other_ids() -> None:
    desk = Desk([ADA, BOB])

    desk.deliver(job())
    desk.deliver(job(id="b" * 32))

    assert len(desk.outbox.jobs) == 4


def test_each_of_several_users_gets_their_own_link_at_their_own_address() -> None:
    desk = Desk([ADA, BOB])
    desk.deliver(job())

    for each in desk.outbox.jobs.values():
        desk.deliver(each)

    tokens = [str(message.body).split("#token=")[1].split()[0] for message in desk.sent]
    assert [desk.tokens.verify(token).user_id for token in tokens] == [ADA.id, BOB.id]
    assert desk.recipients() == ["Ada@example.com", "ada@example.com"]
    assert len({message.msgId for message in desk.sent}) == 2


def test_one_of_several_users_who_is_gone_or_has_moved_gets_nothing() -> None:
    desk = Desk([BOB])

    desk.deliver(job("reset", user_id=ADA.id))

    assert desk.sent == []


def test_a_request_over_the_quota_of_its_address_mails_nothing() -> None:
    desk = Desk([ADA])

    desk.deliver(job("over_quota"))

    assert (desk.sent, desk.outbox.jobs) == ([], {})


def test_the_notice_is_dropped_while_the_old_password_is_stored() -> None:
    desk = Desk([ADA])

    desk.deliver(change_of(ADA))

    assert desk.sent == []


def test_the_notice_goes_to_the_address_that_the_user_had() -> None:
    desk = Desk([replace(ADA, address="moved@example.net", password_hash="$2b$04$new")])

    desk.deliver(change_of(ADA))

    assert desk.recipients() == ["Ada@example.com"]
    assert desk.sent[0].subject == "Your Latchkey password was changed"


def test_no_notice_is_sent_for_a_user_who_is_gone() -> None:
    desk = Desk([])

    desk.deliver(change_of(ADA))

    assert desk.sent == []


@pytest.mark.parametrize("kind", ["forgot", "reset", "password_changed"])
def test_what_is_too_old_is_dropped(kind: str) -> None:
    desk = Desk([replace(ADA, password_hash="$2b$04$new")])
    old = replace(change_of(ADA), kind=kind, accepted_at=time.time() - MAX_AGE - 1)

    desk.deliver(old)

    assert (desk.sent, desk.outbox.jobs) == ([], {})
    desk.deliver(replace(old, accepted_at=time.time() - MAX_AGE + 60))
    assert len(desk.sent) == 1


def test_a_kind_of_a_later_version_is_a_permanent_failure() -> None:
    with pytest.raises(PermanentFailure):
        Desk([ADA]).deliver(job("kind-of-tomorrow"))


def test_a_stored_address_that_needs_smtputf8_is_a_permanent_failure_that_does_not_name_it() -> None:
    desk = Desk([replace(ADA, address="ädä@example.com")])

    with pytest.raises(PermanentFailure) as caught:
        desk.deliver(job())

    assert "@" not in caught.value.reason
    assert desk.sent == []


def test_a_failure_of_the_relay_reaches_the_caller() -> None:
    def refuse(_: Message) -> None:
        raise TransientFailure("relay away")

    with pytest.raises(TransientFailure):
        Desk([ADA]).deliver(job(), send=refuse)
