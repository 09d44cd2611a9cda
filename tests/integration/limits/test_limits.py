"""Rate limits: a client over its limit gets a 429, an address over its quota does not, and Flask-Limiter agrees."""

from typing import Any

import pytest

from api.web.clients import key_of
from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.support.outbox import unfinished
from tests.support.service import Service


def statuses(service: Service, addresses: list[str], **options: Any) -> list[int]:
    return [service.forgot(address, **options).status_code for address in addresses]


def from_client(address: str) -> dict[str, Any]:
    return {"environ_base": {"REMOTE_ADDR": address}}


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

    assert len(counters) == 5
    assert all(service.redis.ttl(counter) > 0 for counter in counters)


def test_reset_and_check_share_a_limit_per_client(make_service: MakeService) -> None:
    service = make_service(RESET_LIMIT_PER_IP="2/minute")

    found = [service.check("x").status_code, service.reset("x").status_code, service.check("x").status_code]

    assert found == [400, 400, 429]
    assert service.forgot("anna@example.com").status_code == 202


@pytest.mark.parametrize("setting", ["RESET_LIMIT_PER_IP", "RESET_LIMIT_PER_LINK"])
@pytest.mark.parametrize(
    "limits", ["3/hour;1/minute", "3/120 minutes;1/hour", "1/hour;3/90 minutes", "3/3600 seconds;1/minute"]
)
def test_requests_over_a_short_limit_do_not_count_towards_the_long_one(
    make_service: MakeService, setting: str, limits: str
) -> None:
    service = make_service(**{setting: limits})
    service.add_user("anna@example.com")
    link = service.link_for("anna@example.com")

    found = [service.check(link) for _ in range(5)]

    assert [answer.status_code for answer in found] == [200, 429, 429, 429, 429]
    scope = setting.removeprefix("RESET_LIMIT_PER_").replace("IP", "reset").lower()
    short, long = sorted(service.redis.scan_iter(f"limit:*/{scope}/*"), key=service.redis.ttl)
    assert all(int(answer.headers["Retry-After"]) <= service.redis.ttl(short) + 2 for answer in found[1:])
    assert service.redis.get(long) == "1"


def test_overlong_client_addresses_share_one_key_that_is_not_cached(make_service: MakeService) -> None:
    """Keys are cached for the next request, and a client behind a proxy can send a long X-Forwarded-For."""
    service = make_service(TRUSTED_PROXIES="1", FORGOT_LIMIT_PER_IP="1/minute")
    kept = key_of.cache_info().currsize

    found = statuses(service, ["a@example.com"], headers={"X-Forwarded-For": "x" * 5000})
    found += statuses(service, ["b@example.com"], headers={"X-Forwarded-For": "y" * 5000})

    assert found == [202, 429]
    assert key_of.cache_info().currsize == kept


def test_the_links_of_one_user_share_a_limit_and_those_of_others_do_not(make_service: MakeService) -> None:
    service = make_service(RESET_LIMIT_PER_LINK="2/minute", LOG_LEVEL="DEBUG")
    for name in ("anna", "bert"):
        service.add_user(f"{name}@example.com")
    older, newer, other = (service.link_for(f"{name}@example.com") for name in ("anna", "anna", "bert"))

    found = [service.check(link) for link in (older, newer, older, other)]

    assert [answer.status_code for answer in found] == [200, 200, 429, 200]
    assert 1 <= int(found[2].headers["Retry-After"]) <= 60
    assert "ratelimit" not in service.logs.getvalue()


def test_only_genuine_links_from_clients_within_their_limit_are_counted(make_service: MakeService) -> None:
    service = make_service(RESET_LIMIT_PER_IP="3/minute", RESET_LIMIT_PER_LINK="2/minute")
    service.add_user("anna@example.com")
    link = service.link_for("anna@example.com")

    statuses = [service.check(token).status_code for token in ("x.y.z", link + "x", link, link, link)]

    assert statuses == [400, 400, 200, 429, 429]
    [counter] = service.redis.scan_iter(f"{Key.LIMITS}*/link/*")
    assert service.redis.get(counter) == "1"


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("192.0.2.1", "64:ff9b::192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("192.0.2.1:4711", "192.0.2.1", True),
        ("[2001:db8::1]:4711", "2001:db8::2", True),
        ("", "nonsense", True),
    ],
)
def test_which_clients_count_as_one(make_service: MakeService, first: str, second: str, *, shared: bool) -> None:
    service = make_service(FORGOT_LIMIT_PER_IP="1/minute")
    statuses(service, ["anna@example.com"], **from_client(first))

    assert statuses(service, ["anna@example.com"], **from_client(second)) == [429 if shared else 202]


def test_the_log_warns_once_that_x_forwarded_for_is_ignored(service: Service) -> None:
    statuses(service, ["anna@example.com"] * 3, headers={"X-Forwarded-For": "192.0.2.1"})

    assert len(service.events("forwarded_for_ignored")) == 1


def test_a_full_outbox_means_503_for_everybody_and_spends_no_quota(make_service: MakeService) -> None:
    service = make_service(OUTBOX_MAX="2", FORGOT_LIMIT_PER_IP="3/minute")
    found = statuses(service, [f"user{number}@example.com" for number in range(5)])
    service.work()

    answer = service.forgot("late@example.com")

    assert found == [202, 202, 503, 503, 503]
    assert answer.status_code == 202
