"""What workers cannot finish in time is not accepted, from the network that asks for too much and from no other."""

import time
from itertools import count

import pytest

from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.support.service import Service

MAX_WAIT = 30  # Seconds: half of MAIL_MAX_AGE.
FLOOD, HONEST = {"X-Forwarded-For": "192.0.2.7"}, {"X-Forwarded-For": "198.51.100.7"}
NUMBERS = count()
Client = dict[str, str]


@pytest.fixture
def service(make_service: MakeService) -> Service:
    service = make_service(TRUSTED_PROXIES="1", MAIL_MAX_AGE="60", FORGOT_LIMIT_PER_IP="1000/minute")
    service.worker.sweeper.tick()
    return service


def ask(service: Service, client: Client) -> int:
    """Ask for an address that nobody has asked for, and return the status."""
    return service.forgot(f"u{next(NUMBERS)}@example.com", headers=client).status_code


def pace(service: Service, jobs_a_second: float) -> None:
    service.redis.hset(Key.PACE, mapping={"rate": jobs_a_second, "at": int(time.time() * 1e6)})


def wait(service: Service, seconds: float) -> None:
    """Let everything that waits have waited for some seconds."""
    for key in service.redis.keys(f"{Key.LANE}*"):
        jobs = [str(job).split() for job in service.redis.lrange(key, 0, -1)]
        service.redis.delete(key)
        service.redis.rpush(key, *(f"{int(since) - int(seconds * 1e6)} {job}" for since, job in jobs))


def test_a_network_is_refused_when_its_jobs_would_wait_too_long_and_others_are_not(service: Service) -> None:
    for _ in range(MAX_WAIT + 5):
        assert ask(service, FLOOD) == 202
    wait(service, 3)
    pace(service, 1.0)

    assert ask(service, FLOOD) == 503
    assert ask(service, HONEST) == 202


def test_a_backlog_that_is_finished_in_time_is_accepted(service: Service) -> None:
    for _ in range(MAX_WAIT + 5):
        ask(service, FLOOD)
    wait(service, 3)
    pace(service, 2.0)

    assert ask(service, FLOOD) == 202


def test_a_short_burst_is_accepted_whatever_the_pace_was(service: Service) -> None:
    pace(service, 1.0)

    assert {ask(service, FLOOD) for _ in range(MAX_WAIT + 5)} == {202}


def test_the_age_of_the_oldest_job_counts_although_no_worker_runs(service: Service) -> None:
    ask(service, FLOOD)
    wait(service, MAX_WAIT + 1)
    service.redis.hset(Key.PACE, "at", 1)

    assert ask(service, FLOOD) == 503
    assert ask(service, HONEST) == 202


def test_many_networks_together_are_refused_when_their_turns_would_take_too_long(service: Service) -> None:
    for number in range(150):
        service.forgot(f"v{number}@example.com", headers={"X-Forwarded-For": f"10.{number}.0.1"})
    pace(service, 1.0)

    assert ask(service, HONEST) == 503


def test_the_answer_is_the_same_for_every_address_and_counts_nothing(service: Service) -> None:
    service.add_user("anna@example.com")
    ask(service, FLOOD)
    wait(service, MAX_WAIT + 1)
    before = service.redis.dbsize()

    answers = [service.forgot(address, headers=FLOOD) for address in ("anna@example.com", "nobody@example.com")]

    assert {answer.status_code for answer in answers} == {503}
    assert answers[0].data == answers[1].data
    assert int(answers[0].headers["Retry-After"]) > 0
    assert service.redis.dbsize() == before


def test_the_pace_is_measured_while_jobs_are_taken(service: Service) -> None:
    for _ in range(20):
        ask(service, FLOOD)
    service.redis.hset(Key.PACE, "at", int((time.time() - 4) * 1e6))

    service.take()
    service.worker.sweeper.sweep()

    measured = service.redis.hgetall(Key.PACE)
    assert 3 < float(measured["rate"]) <= 5
    assert int(measured["max_wait"]) == MAX_WAIT * 1e6
