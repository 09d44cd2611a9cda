"""`python -m worker COMMAND`: commands for emails that wait or were given up."""

import json
import time

import pytest

from shared.redis_keys import Key
from tests.support.outbox import stored
from tests.support.servers import free_port
from tests.support.service import Service
from tests.support.worker_commands import ADDRESS, as_json, command

NOTHING_PENDING = """\
0 waiting
  0 in the queue, 0 with a worker, 0 to be retried later
0 given up
No worker is running.
"""


REASON = "message refused: 550 5.1.1 <[address]> unknown"


@pytest.fixture
def buried(service: Service) -> str:
    """The ID of a job that the relay permanently refused."""
    service.add_user(ADDRESS)
    service.relay.answer_to_data = "550 5.1.1 <anna@example.com> unknown"
    service.forgot(ADDRESS)
    service.work()
    service.relay.empty()
    return str(service.redis.hkeys(Key.DEAD)[0])


def test_pending_shows_how_many_jobs_wait_and_for_how_long(service: Service) -> None:
    assert command(service, "pending").output == NOTHING_PENDING
    service.forgot(ADDRESS)
    service.forgot("ben@example.com")
    oldest = service.redis.zrange(Key.REQUESTS, 0, 0)[0]
    service.redis.zadd(Key.REQUESTS, {str(oldest): (time.time() - 90) * 1e6})
    service.worker.intake.consumer.claim("a worker", 60, 1)

    found = as_json(service, "pending")

    assert 90 <= found.pop("oldest") < 95
    assert found == {"jobs": 2, "queued": 1, "leased": 1, "later": 0, "lanes": 1, "dead": 0, "worker_alive": False}
    assert "2 waiting, the oldest for 9" in command(service, "pending").output


def test_dead_lists_buried_jobs_with_their_reason_and_without_the_address(service: Service, buried: str) -> None:
    (letter,) = as_json(service, "dead")

    assert (letter["id"], letter["kind"], letter["reason"]) == (buried, "forgot", REASON)
    assert time.time() - 10 < letter["accepted_at"] < letter["buried_at"] <= time.time()
    text = command(service, "dead").output
    assert buried in text
    assert REASON in text
    assert letter["address_hash"] in text
    assert text.endswith("1 of 1 given up\n")


def test_dead_prints_no_control_characters(service: Service, buried: str) -> None:
    letter = json.loads(service.redis.hget(Key.DEAD, buried) or "")
    service.redis.hset(Key.DEAD, buried, json.dumps(letter | {"reason": "550 \x1b[2J\x9b31m\u202eno"}))

    output = command(service, "dead").output

    assert "550  [2J 31m no" in output
    assert all(line.isprintable() for line in output.splitlines())


def test_dead_lists_the_newest_first_up_to_the_limit(service: Service, buried: str) -> None:
    service.relay.answer_to_data = "550 5.1.1 no such user"
    service.forgot(ADDRESS)
    service.work()

    (newest,) = as_json(service, "dead", "--most", "1")

    assert newest["id"] != buried
    assert "1 of 2" in command(service, "dead", "--most", "1").output


@pytest.mark.parametrize("which", ["its id", "all"])
def test_a_buried_job_is_mailed_after_a_retry(service: Service, buried: str, which: str) -> None:
    age_the_dead(service, buried)

    output = command(service, "retry", "--all" if which == "all" else buried).output

    assert output == "1 put back into the queue\n"
    service.work()
    assert service.relay.recipients() == [ADDRESS]
    assert service.redis.keys(Key.DEAD) == []


def test_a_retry_of_an_unknown_job_says_so(service: Service) -> None:
    assert "No job with this ID was given up" in command(service, "retry", "a" * 32, code=1).output
    assert "Give either an ID" in command(service, "retry", code=2).output
    assert as_json(service, "retry", "--all") == {"retried": 0}


def test_a_retried_notice_gets_another_full_day(service: Service) -> None:
    service.add_user(ADDRESS)
    token = service.link_for(ADDRESS)
    service.relay.answer_to_data = "550 5.1.1 no such user"
    service.reset(token)
    service.work()

    command(service, "retry", "--all")

    assert service.redis.zcard(Key.REQUESTS) == 0
    assert service.redis.zcard(Key.NOTICES) == 1


def test_purge_deletes_buried_jobs_when_confirmed(service: Service, buried: str) -> None:
    command(service, "purge", code=1, input="n\n")
    assert service.redis.hexists(Key.DEAD, buried)

    assert command(service, "purge", "--yes").output == "1 deleted\n"

    assert stored(service.redis) in ([], [Key.PACE])


def test_a_redis_that_is_away_is_named_as_the_cause(service: Service) -> None:
    service.environ["REDIS_URL"] = f"redis://127.0.0.1:{free_port()}/0"

    assert "Redis cannot be reached" in command(service, "pending", code=1).output

    service.environ["REDIS_URL"] = str(service.settings.redis_url.get_secret_value()).replace("//", "//anna:wrong@")
    assert "refuses its user or password" in command(service, "pending", code=1).output


def age_the_dead(service: Service, identity: str) -> None:
    """Make a buried job a day older."""
    buried = json.loads(service.redis.hget(Key.DEAD, identity) or "")
    entry = json.loads(buried["entry"])
    entry["accepted_at"] -= 86400
    buried["entry"] = json.dumps(entry)
    service.redis.hset(Key.DEAD, identity, json.dumps(buried))
