"""Rate limits: a client over its limit gets a 429, an address over its quota does not, and Flask-Limiter agrees."""

import pytest

from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.integration.limits.asking import from_client, statuses
from tests.support.outbox import unfinished
from tests.support.service import Service


def test_a_client_over_its_limit_gets_429_with_the_seconds_to_wait(make_service: MakeService) -> None:
    service = make_service(FORGOT_LIMIT_PER_IP="2/minute")

    answers = [service.forgot(f"user{number}@example.com") for number in range(3)]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert answers[2].json is not None
    assert answers[2].json["code"] == "rate_limited"
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60


@pytest.mark.parametrize("limit", ["FORGOT_LIMIT_PER_IP", "FORGOT_LIMIT_PER_EMAIL"])
def test_the_log_does_not_name_a_client_over_a_limit(make_service: MakeService, limit: str) -> None:
    service = make_service(**{limit: "1/minute"}, FORGOT_EMAIL_LIMIT_RESPONSE="429", LOG_LEVEL="DEBUG")

    found = statuses(service, ["anna@example.com"] * 2, **from_client("192.0.2.77"))

    assert found == [202, 429]
    assert "192.0.2.77" not in service.logs.getvalue()
    assert "ratelimit" not in service.logs.getvalue()


def test_a_limit_that_is_written_twice_is_counted_once(make_service: MakeService) -> None:
    service = make_service(FORGOT_LIMIT_PER_IP="2/minute;2/minute")

    assert statuses(service, ["anna@example.com"] * 3) == [202, 202, 429]


def test_another_client_is_not_held_back(make_service: MakeService) -> None:
    service = make_service(FORGOT_LIMIT_PER_IP="1/minute")
    statuses(service, ["anna@example.com"] * 2, **from_client("192.0.2.1"))

    assert statuses(service, ["anna@example.com"], **from_client("192.0.2.2")) == [202]


def test_an_address_over_its_quota_gets_the_same_answer_and_no_further_mail(make_service: MakeService) -> None:
    service = make_service(FORGOT_LIMIT_PER_EMAIL="2/hour")
    service.add_user("anna@example.com")

    answers = [service.forgot("anna@example.com") for _ in range(4)]
    service.work()

    assert {(answer.status_code, answer.data, len(answer.headers)) for answer in answers} == {
        (202, answers[0].data, len(answers[0].headers))
    }
    assert len(service.relay.mails) == 2


def test_an_address_over_its_quota_can_be_answered_with_429(make_service: MakeService) -> None:
    service = make_service(FORGOT_LIMIT_PER_EMAIL="1/hour", FORGOT_EMAIL_LIMIT_RESPONSE="429")

    answers = [service.forgot("anna@example.com") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 429]
    assert 3500 < int(answers[1].headers["Retry-After"]) <= 3600
    assert unfinished(service.redis) == 1


def test_a_mailbox_has_one_quota_however_it_is_spelled(make_service: MakeService) -> None:
    service = make_service(FORGOT_LIMIT_PER_EMAIL="1/hour")
    service.add_user("anna@bücher.example")

    statuses(service, ["anna@bücher.example", " ANNA@BÜCHER.example", "anna@xn--bcher-kva.example"])
    service.work()

    assert len(service.relay.mails) == 1


def test_a_client_over_its_limit_spends_no_quota_of_an_address(make_service: MakeService) -> None:
    service = make_service(FORGOT_LIMIT_PER_IP="1/hour", FORGOT_LIMIT_PER_EMAIL="1/minute")
    service.add_user("anna@example.com")
    attacker = from_client("192.0.2.1")
    assert statuses(service, ["x@example.com", "anna@example.com", "anna@example.com"], **attacker) == [202, 429, 429]

    statuses(service, ["anna@example.com"], **from_client("192.0.2.2"))
    service.work()

    assert service.relay.recipients() == ["anna@example.com"]


def test_requests_over_a_short_quota_do_not_use_up_the_long_one(make_service: MakeService) -> None:
    service = make_service(FORGOT_LIMIT_PER_EMAIL="1/minute;3/day")
    service.add_user("anna@example.com")
    statuses(service, ["anna@example.com"] * 10)
    minute = next(key for key in service.redis.scan_iter(f"{Key.LIMITS}*/minute") if "/address/" in key)
    service.redis.delete(minute)

    statuses(service, ["anna@example.com"])
    service.work()

    assert len(service.relay.mails) == 2


@pytest.mark.parametrize("limits", ["3/minute", "2/minute;3/hour", "3/hour;2/minute", "2/2 minutes", "2/hour;100/day"])
def test_the_script_and_flask_limiter_agree_on_every_request(make_service: MakeService, limits: str) -> None:
    service = make_service(FORGOT_LIMIT_PER_IP=limits)

    found = statuses(service, [f"user{number}@example.com" for number in range(6)])

    assert unfinished(service.redis) == found.count(202) == found.index(429)


def test_every_counter_expires(service: Service) -> None:
    service.add_user("anna@example.com")
    service.check(service.link_for("anna@example.com"))

    counters = list(service.redis.scan_iter(f"{Key.LIMITS}*"))

    # Request: client, network, address and the set of its networks. Check: client, network and link.
    assert len(counters) == 7
    assert all(service.redis.ttl(counter) > 0 for counter in counters)


def test_a_full_outbox_means_503_for_everybody_and_spends_no_quota(make_service: MakeService) -> None:
    service = make_service(OUTBOX_MAX="2", FORGOT_LIMIT_PER_IP="3/minute")
    found = statuses(service, [f"user{number}@example.com" for number in range(5)])
    service.work()

    answer = service.forgot("late@example.com")

    assert found == [202, 202, 503, 503, 503]
    assert answer.status_code == 202
