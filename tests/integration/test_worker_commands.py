"""`python -m worker COMMAND`: what a person does about mails that wait or were given up."""

import json
import time
from typing import Any

import pytest
from click.testing import CliRunner, Result

from shared.addresses import hash_address
from shared.jobs import hash_keys
from tests.servers import free_port
from tests.service import Service
from worker.__main__ import main

ADDRESS = "anna@example.com"
NOTHING_PENDING = """\
0 waiting
  0 in the queue, 0 with a worker, 0 to be tried later
0 given up
No worker is alive.
"""


def command(service: Service, *arguments: str, code: int = 0, **options: Any) -> Result:
    result = CliRunner().invoke(main, arguments, env=service.environ, **options)
    assert result.exit_code == code, result.output
    assert ADDRESS not in result.output
    return result


def as_json(service: Service, *arguments: str) -> Any:
    return json.loads(command(service, *arguments, "--json").stdout)


@pytest.fixture
def buried(service: Service) -> str:
    """The id of a job that the relay refused for good."""
    service.add_user(ADDRESS)
    service.relay.answer_to_data = "550 5.1.1 <anna@example.com> unknown"
    service.forgot(ADDRESS)
    service.work()
    service.relay.empty()
    return str(service.redis.hkeys("outbox:dead")[0])


def test_pending_tells_how_much_waits_and_for_how_long(service: Service) -> None:
    assert command(service, "pending").output == NOTHING_PENDING
    service.forgot(ADDRESS)
    service.forgot("ben@example.com")
    oldest = service.redis.zrange("outbox:requests", 0, 0)[0]
    service.redis.zadd("outbox:requests", {oldest: (time.time() - 90) * 1e6})
    service.worker.delivery.outbox.claim(str(oldest), "a worker", 60)

    found = as_json(service, "pending")

    assert 90 <= found.pop("oldest") < 95
    assert found == {"jobs": 2, "queued": 1, "leased": 1, "later": 0, "queue": 2, "dead": 0, "worker_alive": False}
    assert "2 waiting; the oldest for 9" in command(service, "pending").output


def test_dead_lists_what_was_given_up_and_why_without_the_address(service: Service, buried: str) -> None:
    (letter,) = as_json(service, "dead")

    assert (letter["id"], letter["kind"], letter["reason"]) == (buried, "forgot", "message refused: 550")
    assert time.time() - 10 < letter["accepted_at"] < letter["buried_at"] <= time.time()
    text = command(service, "dead").output
    assert buried in text
    assert letter["address_hash"] in text
    assert text.endswith("1 of 1 given up\n")


def test_dead_lists_the_newest_first_and_no_more_than_asked_for(service: Service, buried: str) -> None:
    service.relay.answer_to_data = "550 no"
    service.forgot(ADDRESS)
    service.work()

    (newest,) = as_json(service, "dead", "--most", "1")

    assert newest["id"] != buried
    assert "1 of 2" in command(service, "dead", "--most", "1").output


@pytest.mark.parametrize("which", ["its id", "all"])
def test_what_was_given_up_is_mailed_after_a_retry(service: Service, buried: str, which: str) -> None:
    age_the_dead(service, buried)

    output = command(service, "retry", "--all" if which == "all" else buried).output

    assert output == "1 put back\n"
    service.work()
    assert service.relay.recipients() == [ADDRESS]
    assert service.redis.keys("outbox:dead") == []


def test_a_retry_of_what_is_not_there_says_so(service: Service) -> None:
    assert "Nothing was given up under this ID" in command(service, "retry", "a" * 32, code=1).output
    assert "Name one ID" in command(service, "retry", code=2).output
    assert as_json(service, "retry", "--all") == {"retried": 0}


def test_a_retried_notice_has_its_day_again(service: Service) -> None:
    service.add_user(ADDRESS)
    token = service.link_for(ADDRESS)
    service.relay.answer_to_data = "550 no"
    service.reset(token)
    service.work()

    command(service, "retry", "--all")

    assert service.redis.zcard("outbox:requests") == 0
    assert service.redis.zcard("outbox:notices") == 1


def test_purge_deletes_what_was_given_up_when_it_is_meant(service: Service, buried: str) -> None:
    command(service, "purge", code=1, input="n\n")
    assert service.redis.hexists("outbox:dead", buried)

    assert command(service, "purge", "--yes").output == "1 deleted\n"

    assert service.redis.keys("outbox:*") in ([], ["outbox:mark"])


def test_trace_tells_support_what_happened_to_an_address(service: Service) -> None:
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
    assert "link mailed (250 OK)" in text
    assert "over the quota" in text


def test_trace_tells_that_nobody_has_the_address(service: Service) -> None:
    service.forgot("nobody@example.com")
    service.work()

    events = as_json(service, "trace", "nobody@example.com")

    assert [event["event"] for event in events] == ["accepted", "no_such_user"]
    assert "Nothing is known of the last 48 hours" in command(service, "trace", "other@example.com").output


def test_trace_tells_of_a_mail_that_is_late_and_of_one_that_was_given_up(service: Service) -> None:
    service.add_user(ADDRESS)
    service.relay.answer_to_data = "451 come back later, <anna@example.com>"
    service.forgot(ADDRESS)
    for answer in ("451 later", "451 later", "550 5.7.1 no"):
        service.relay.answer_to_data = answer
        service.work()
        for identity in service.redis.zrange("outbox:later", 0, -1):
            service.redis.zadd("outbox:later", {identity: 0})

    service.work()

    lines = [(event["event"], event["detail"]) for event in as_json(service, "trace", ADDRESS)]
    assert lines == [
        ("accepted", ""),
        ("delayed", "message refused: 451"),
        ("buried", "message refused: 550"),
    ]


def test_trace_needs_redis_and_the_key_alone_and_tells_that_histories_were_deleted(service: Service) -> None:
    service.redis.set("history:off", 1)
    service.environ = {name: service.environ[name] for name in ("REDIS_URL", "SECRET_KEY")}

    output = command(service, "trace", "nobody@example.com").output

    assert "Nothing is known" in output
    assert "histories are deleted" in output


def test_trace_finds_what_happened_before_the_key_was_rotated(service: Service) -> None:
    service.forgot("nobody@example.com")
    service.environ["SECRET_KEY"] = "another-key-0123456789-abcdefghijklmno," + service.environ["SECRET_KEY"]

    assert len(as_json(service, "trace", "nobody@example.com")) == 1


def test_a_history_forgets(service: Service) -> None:
    (hashed, *_) = [hash_address("nobody@example.com", key) for key in hash_keys(service.settings)]
    key = f"history:{hashed}"
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


def test_what_is_no_address_is_refused_without_repeating_it(service: Service) -> None:
    assert "not one plain mail address" in command(service, "trace", "anna@example.com,ben", code=2).output


def test_a_redis_that_is_away_is_named_as_the_cause(service: Service) -> None:
    service.environ["REDIS_URL"] = f"redis://127.0.0.1:{free_port()}/0"

    assert "Redis does not answer" in command(service, "pending", code=1).output

    service.environ["REDIS_URL"] = str(service.settings.redis_url.get_secret_value()).replace("//", "//anna:wrong@")
    assert "refuses its user or password" in command(service, "pending", code=1).output


def age_the_dead(service: Service, identity: str) -> None:
    """Let a day pass since it was accepted."""
    buried = json.loads(service.redis.hget("outbox:dead", identity) or "")
    entry = json.loads(buried["entry"])
    entry["accepted_at"] -= 86400
    buried["entry"] = json.dumps(entry)
    service.redis.hset("outbox:dead", identity, json.dumps(buried))
