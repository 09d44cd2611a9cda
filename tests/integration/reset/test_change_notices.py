"""The change notice is sent whatever fails on the way, and never for a change that did not happen."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from shared.outbox.outbox import Outbox
from shared.redis_keys import Key
from shared.users.users import Users
from tests.conftest import MakeService
from tests.integration.conftest import before_hashing
from tests.support.hashes import encode
from tests.support.outbox import make_due, unfinished
from tests.support.service import Service

CHANGED = "Your Latchkey password was changed"


@pytest.fixture
def token(service: Service) -> str:
    service.add_user("anna@example.com")
    return service.link_for("anna@example.com")


def fail(*_: object) -> bool:
    raise OperationalError("UPDATE", {}, OSError())


def notices(service: Service) -> int:
    make_due(service.redis)
    service.work()
    return service.relay.subjects().count(CHANGED)


def test_a_retry_after_a_failed_update_sends_the_notice(
    service: Service, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Users, "set_password", fail)
        assert service.reset(token).status_code == 503
    assert notices(service) == 0

    assert service.reset(token).status_code == 200

    assert notices(service) == 1


def test_notices_of_a_failed_update_and_its_retry_share_a_message_id(
    service: Service, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Users, "set_password", fail)
        service.reset(token)
    service.reset(token)

    assert notices(service) >= 1
    told = [message["Message-ID"] for _, message in service.relay.mails if message["Subject"] == CHANGED]
    assert len(set(told)) == 1


def test_a_change_by_the_application_in_between_sends_no_notice(
    service: Service, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = encode("set in the application", "bcrypt")
    before_hashing(monkeypatch, lambda: service.sql("UPDATE users SET password_hash = :other", other=other))

    assert service.reset(token).status_code == 400

    assert notices(service) == 0
    assert unfinished(service.redis) == 0


def test_a_change_followed_by_another_still_sends_its_notice(service: Service, token: str) -> None:
    service.reset(token)
    service.sql("UPDATE users SET password_hash = 'changed again by the attacker'")

    assert notices(service) == 1


def test_a_notice_is_kept_longer_than_a_link(make_service: MakeService) -> None:
    service = make_service(MAIL_MAX_AGE="60")
    service.add_user("anna@example.com")
    service.reset(service.link_for("anna@example.com"))
    for identity, entry in service.redis.hgetall(Key.JOBS).items():
        older = json.loads(entry)
        older["accepted_at"] -= 120
        service.redis.hset(Key.JOBS, identity, json.dumps(older))

    assert notices(service) == 1


@pytest.fixture
def replica(make_service: MakeService, service: Service, tmp_path: Path) -> Service:
    """A service whose worker reads a copy of the table, as it was before the reset."""
    service.add_user("anna@example.com")
    service.sql("VACUUM INTO :copy", copy=str(tmp_path / "copy.sqlite3"))
    behind = make_service(create_table=False, DATABASE_URL=f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    assert service.reset(behind.link_for("anna@example.com")).status_code == 200
    return behind


def test_a_confirmed_change_is_told_although_the_workers_database_does_not_show_it(replica: Service) -> None:
    assert notices(replica) == 1
    assert unfinished(replica.redis) == 0


def test_an_unconfirmed_change_is_told_once_the_workers_database_shows_it(
    make_service: MakeService, service: Service, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the API had died between the commit and its word to Redis."""
    service.sql("VACUUM INTO :copy", copy=str(tmp_path / "copy.sqlite3"))
    behind = make_service(create_table=False, DATABASE_URL=f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    monkeypatch.setattr(Outbox, "promote", lambda *_: None)
    assert service.reset(token).status_code == 200

    assert notices(behind) == 0
    assert len(behind.events("change_unconfirmed")) == 1
    behind.sql("UPDATE users SET password_hash = :new", new=service.stored_hash("anna@example.com"))

    assert notices(behind) == 1


def test_a_notice_of_an_older_version_is_judged_by_the_table(service: Service, token: str) -> None:
    service.reset(token)
    for identity, entry in service.redis.hgetall(Key.JOBS).items():
        service.redis.hset(Key.JOBS, identity, str(entry).replace(',"confirmed":true', ""))

    assert notices(service) == 1


def test_a_confirmation_leaves_the_rest_of_the_entry_as_it_was(service: Service, token: str) -> None:
    before: list[str] = []
    promote = Outbox.promote

    def note(outbox: Outbox, *arguments: str) -> None:
        before.extend(map(str, service.redis.hgetall(Key.JOBS).values()))
        promote(outbox, *arguments)
        promote(outbox, *arguments)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Outbox, "promote", note)
        service.reset(token)

    (after,) = service.redis.hgetall(Key.JOBS).values()
    assert after == before[0][:-1] + ',"confirmed":true}'


def test_a_commit_that_is_not_answered_leaves_the_decision_to_the_worker(
    service: Service, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = Connection.commit

    def lose_the_answer(connection: Connection) -> None:
        commit(connection)
        raise OperationalError("COMMIT", {}, OSError())

    with monkeypatch.context() as patched:
        patched.setattr(Connection, "commit", lose_the_answer)
        assert service.reset(token).status_code == 503

    assert notices(service) == 1
