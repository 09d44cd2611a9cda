"""If the database or the relay is down, emails wait; one that can never be sent is buried."""

import pytest

from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.support.outbox import unfinished
from tests.support.servers import Relay, wait_until


def test_without_a_database_requests_are_accepted_and_resets_refused(make_service: MakeService) -> None:
    service = make_service()
    service.add_user("anna@example.com")
    token = service.link_for("anna@example.com")
    service.sql("ALTER TABLE users RENAME TO gone")

    assert service.forgot("anna@example.com").status_code == 202
    assert service.reset(token).status_code == 503
    service.sql("ALTER TABLE gone RENAME TO users")
    assert service.reset(token).status_code == 200


def test_a_mail_delayed_by_a_database_outage_is_sent_afterwards(make_service: MakeService) -> None:
    service = make_service()
    service.add_user("anna@example.com")
    service.sql("ALTER TABLE users RENAME TO gone")
    service.forgot("anna@example.com")
    service.work()
    delayed = service.redis.zrange(Key.LATER, 0, -1)
    service.sql("ALTER TABLE gone RENAME TO users")

    service.redis.zadd(Key.LATER, {str(delayed[0]): 0})
    service.work()

    assert service.relay.recipients() == ["anna@example.com"]


def test_a_relay_outage_delays_the_mail_and_loses_nothing(make_service: MakeService, relay: Relay) -> None:
    service = make_service()
    service.add_user("anna@example.com")
    relay.answer_to_data = "451 try again"
    service.forgot("anna@example.com")
    service.work()
    delayed = service.redis.zrange(Key.LATER, 0, -1)
    relay.answer_to_data = "250 OK"

    service.redis.zadd(Key.LATER, {str(delayed[0]): 0})
    wait_until(lambda: service.work() == 0, "there is always more work")

    assert service.relay.recipients() == ["anna@example.com"]
    assert unfinished(service.redis) == 0


def test_a_permanently_refused_mail_is_buried_with_its_reason(make_service: MakeService, relay: Relay) -> None:
    service = make_service()
    service.add_user("anna@example.com")
    relay.answer_to_data = "550 5.1.1 no anna@example.com here"
    service.forgot("anna@example.com")
    service.work()

    dead = service.redis.hvals(Key.DEAD)

    assert len(dead) == 1
    assert '"reason":"message refused: 550 5.1.1 no [address] here"' in str(dead[0])
    assert unfinished(service.redis) == 0


@pytest.mark.parametrize(
    "refusal", ["550 The from address does not match a verified Sender Identity", "554 5.7.1 spam?"]
)
def test_what_concerns_every_mail_is_an_alarm_and_goes_out_once_it_is_corrected(
    make_service: MakeService, relay: Relay, refusal: str
) -> None:
    service = make_service()
    service.add_user("anna@example.com")
    relay.answer_to_data = f"{refusal} \x1b[2J"
    service.forgot("anna@example.com")
    service.work()

    (alarm,) = service.events("relay_misconfigured")
    assert (alarm["level"], alarm["reason"]) == ("critical", f"message refused: {refusal} [2J")
    assert "not about the recipient" in alarm["hint"]
    assert service.redis.exists(Key.DEAD) == 0
    relay.answer_to_data = "250 OK"
    for delayed in service.redis.zrange(Key.LATER, 0, -1):
        service.redis.zadd(Key.LATER, {str(delayed): 0})
    service.work()
    assert service.relay.recipients() == ["anna@example.com"]
