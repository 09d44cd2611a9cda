"""`python -m worker trace EMAIL`: the recent history of an address."""

import time

from shared.addresses import hash_address
from shared.outbox.jobs import hash_keys
from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.support.service import Service
from tests.support.worker_commands import ADDRESS, as_json, command


def test_trace_shows_what_happened_to_an_address(service: Service) -> None:
    service.add_user(ADDRESS)
    token = service.link_for(ADDRESS)
    service.reset(token)
    service.work()
    for _ in range(3):
        service.forgot("Anna@Example.com")

    events = [event["event"] for event in as_json(service, "trace", " ANNA@example.com ")]

    assert events == [
        "accepted",
        "mailed_reset",
        "confirmed",
        "mailed_password_changed",
        "accepted",
        "accepted",
        "limited",
    ]
    text = command(service, "trace", "ANNA@example.com").output
    assert "link sent (250 OK)" in text
    assert "over the quota" in text


def test_trace_says_that_nobody_has_the_address(service: Service) -> None:
    service.forgot("nobody@example.com")
    service.work()

    events = as_json(service, "trace", "nobody@example.com")

    assert [event["event"] for event in events] == ["accepted", "no_such_user"]
    assert "No history in the last 48 hours" in command(service, "trace", "other@example.com").output


def test_trace_shows_a_delayed_mail_and_one_that_was_given_up(service: Service) -> None:
    service.add_user(ADDRESS)
    service.forgot(ADDRESS)
    for answer in ("451 later, <anna@example.com>", "451 later", "550 5.1.1 no such user"):
        service.relay.answer_to_data = answer
        service.work()
        for identity in service.redis.zrange(Key.LATER, 0, -1):
            service.redis.zadd(Key.LATER, {str(identity): 0})

    service.work()

    lines = [(event["event"], event["detail"]) for event in as_json(service, "trace", ADDRESS)]
    assert lines == [
        ("accepted", ""),
        ("delayed", "message refused: 451 later, <[address]>"),
        ("buried", "message refused: 550 5.1.1 no such user"),
    ]


def test_trace_shows_the_latest_reasons_of_a_long_delay(service: Service) -> None:
    service.add_user(ADDRESS)
    service.forgot(ADDRESS)
    for number in range(1, 42):
        service.relay.answer_to_data = f"451 reason {number}"
        service.work()
        for identity in service.redis.zrange(Key.LATER, 0, -1):
            service.redis.zadd(Key.LATER, {str(identity): 0})

    details = [event["detail"] for event in as_json(service, "trace", ADDRESS)]

    assert details == ["", *(f"message refused: 451 reason {number}" for number in (1, 20, 40))]


def test_trace_needs_only_redis_and_the_key_and_says_that_histories_were_deleted(service: Service) -> None:
    service.redis.set(Key.HISTORY_OFF, 1)
    service.environ = {name: service.environ[name] for name in ("REDIS_URL", "SECRET_KEY")}

    output = command(service, "trace", "nobody@example.com").output

    assert "No history" in output
    assert "histories are being deleted" in output


def test_trace_finds_events_from_before_a_key_rotation(service: Service) -> None:
    service.forgot("nobody@example.com")
    service.environ["SECRET_KEY"] = "another-key-0123456789-abcdefghijklmno," + service.environ["SECRET_KEY"]

    assert len(as_json(service, "trace", "nobody@example.com")) == 1


def test_old_events_are_dropped_from_a_history(service: Service) -> None:
    (hashed, *_) = [hash_address("nobody@example.com", key) for key in hash_keys(service.settings)]
    key = f"{Key.HISTORY}{hashed}"
    for _ in range(120):
        service.forgot("nobody@example.com")
    assert (service.redis.llen(key), service.redis.llen(f"{key}:limited")) == (3, 20)
    service.redis.rpush(key, *service.redis.lrange(key, 0, 0) * 120)
    service.redis.delete(f"{key}:limited")
    service.work()

    assert service.redis.llen(key) == 100
    assert 0 < service.redis.ttl(key) <= 48 * 3600
    service.redis.lset(key, 0, f"{(time.time() - 49 * 3600) * 1e6:.0f} {'a' * 32} accepted ")
    assert len(as_json(service, "trace", "nobody@example.com")) == 99


def test_an_invalid_address_is_refused_without_repeating_it(service: Service) -> None:
    assert "not a valid email address" in command(service, "trace", "anna@example.com,ben", code=2).output


def test_control_characters_of_a_database_and_of_a_relay_reach_neither_the_terminal_nor_the_log(
    make_service: MakeService,
) -> None:
    service = make_service(USERS_FILTER="no\x1bcolumn IS NULL")
    service.forgot(ADDRESS)
    service.work()
    (hashed,) = [hash_address(ADDRESS, key) for key in hash_keys(service.settings)]
    # As an earlier version wrote it, or a stranger.
    service.redis.rpush(f"{Key.HISTORY}{hashed}", f"{time.time() * 1e6:.0f} {'a' * 32} delayed \x1b]0;title\x07\x9b31m")

    output = command(service, "trace", ADDRESS).output

    assert "unrecognized token" in output
    assert "title" in output
    assert all(line.isprintable() for line in output.splitlines())
    (line,) = service.events("job_delayed")
    assert line["hint"].isprintable()
