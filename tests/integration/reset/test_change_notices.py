"""The change notice is sent whatever fails on the way, and never for a change that did not happen."""

import json

import pytest
from sqlalchemy.exc import OperationalError

from api.passwords.hashing import encode
from shared.redis_keys import Key
from shared.users.users import Users
from tests.conftest import MakeService
from tests.integration.conftest import before_hashing
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
    other = encode("set in the application", "bcrypt", 4)
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
