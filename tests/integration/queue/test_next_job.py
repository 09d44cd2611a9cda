"""Where nobody watches tasks, the worker that finishes a job takes the next one with it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import redis

from shared.outbox.jobs import QUEUE
from shared.outbox.outbox import Claim, Outbox, Taker
from tests.conftest import MakeService
from tests.integration.conftest import job, pass_time, places
from tests.support.service import Service, job_id

ONE = Taker("one", 30)
AGAIN = Taker("one", 30, again=True)


def test_who_finishes_a_job_is_given_the_one_that_waits_longest(outbox: Outbox, client: redis.Redis) -> None:
    jobs = [job() for _ in range(3)]
    for added in jobs:
        outbox.add(added)
    client.rpop(QUEUE)
    outbox.claim(jobs[0].id, "one", 30)

    assert outbox.done(jobs[0].id, taker=ONE) == Claim(jobs[1], 0, 0)

    assert places(client, jobs[1].id) == ["leased"]
    assert outbox.claim(jobs[1].id, "two", 30) is None
    assert [job_id(str(message)) for message in client.lrange(QUEUE, 0, -1)] == [jobs[2].id]


def test_a_call_that_was_not_answered_and_is_repeated_gives_back_what_it_took(
    outbox: Outbox, client: redis.Redis
) -> None:
    jobs = [job() for _ in range(3)]
    for added in jobs:
        outbox.add(added)
    client.rpop(QUEUE)
    outbox.claim(jobs[0].id, "one", 30)

    given = [outbox.done(jobs[0].id, taker=ONE), outbox.done(jobs[0].id, taker=AGAIN)]

    assert given == [Claim(jobs[1], 0, 0), None]
    assert places(client, jobs[1].id) == ["queued"]
    waiting = [job_id(str(message)) for message in client.lrange(QUEUE, 0, -1)]
    assert waiting == [jobs[2].id, jobs[1].id]  # Workers take from the right.


def test_a_repeated_call_that_took_nothing_leaves_what_others_hold(outbox: Outbox, client: redis.Redis) -> None:
    added = job()
    outbox.add(added)
    outbox.claim(added.id, "two", 30)

    assert outbox.done(job().id, taker=AGAIN) is None

    assert client.hget("outbox:holder", added.id) == "two"
    assert places(client, added.id) == ["leased"]


def test_where_nothing_waits_nothing_is_given(outbox: Outbox, client: redis.Redis) -> None:
    assert outbox.done(held_by_one(outbox, client), taker=ONE) is None


@pytest.mark.parametrize("late", ["another holds it by now", "it is finished", "its lease is old"])
def test_a_call_that_comes_late_takes_nothing(outbox: Outbox, client: redis.Redis, late: str) -> None:
    """It lay unread in a Redis that was frozen: who asked has gone, and nobody would deliver what it took."""
    finished = held_by_one(outbox, client)
    waiting = job()
    outbox.add(waiting)
    if late == "another holds it by now":
        client.hset("outbox:holder", finished, "two")
    if late == "it is finished":
        outbox.done(finished)
    if late == "its lease is old":
        client.zincrby("outbox:leased", -4_000_000, finished)

    assert outbox.done(finished, taker=ONE) is None

    assert places(client, waiting.id) == ["queued"]
    assert client.llen(QUEUE) == 1


def test_a_message_that_is_not_ours_is_left_to_celery(outbox: Outbox, client: redis.Redis) -> None:
    finished = held_by_one(outbox, client)
    client.rpush(QUEUE, '{"body": "W10=", "headers": {"task": "another.task"}}')

    assert outbox.done(finished, taker=ONE) is None

    assert client.llen(QUEUE) == 1


def test_the_message_of_a_job_that_is_in_other_hands_gives_nothing(outbox: Outbox, client: redis.Redis) -> None:
    finished = held_by_one(outbox, client)
    added = job()
    outbox.add(added)
    outbox.claim(added.id, "two", 30)

    assert outbox.done(finished, taker=ONE) is None

    assert places(client, added.id) == ["leased"]
    assert client.hget("outbox:holder", added.id) == "two"


def test_a_job_whose_taker_died_is_put_back(outbox: Outbox, client: redis.Redis) -> None:
    finished = held_by_one(outbox, client)
    added = job()
    outbox.add(added)
    outbox.done(finished, taker=ONE)
    pass_time(client, "outbox:leased", added.id)

    assert outbox.sweep().lost_leases == 1

    assert outbox.claim(added.id, "two", 30) == Claim(added, 0, 0)


@pytest.mark.parametrize(("events", "mails"), [("false", 3), ("true", 1)])
def test_one_task_mails_for_all_that_wait_unless_flower_is_to_show_each(
    make_service: MakeService, events: str, mails: int
) -> None:
    service = make_service(WORKER_EVENTS=events)
    addresses = _ask(service)

    service.deliver(job_id(str(service.redis.rpop(QUEUE))))

    assert service.relay.recipients() == addresses[:mails]
    assert service.redis.llen(QUEUE) == service.redis.hlen("outbox:jobs") == 3 - mails


def test_a_failure_ends_the_task_and_the_next_ones_wait_for_theirs(make_service: MakeService) -> None:
    service = make_service(WORKER_EVENTS="false")
    _ask(service)
    service.relay.answer_to_data = "451 try again later"

    service.deliver(job_id(str(service.redis.rpop(QUEUE))))

    assert service.redis.zcard("outbox:later") == 1
    assert service.redis.zcard("outbox:queued") == service.redis.llen(QUEUE) == 2


def test_a_job_that_was_taken_after_another_is_the_one_that_is_named(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make_service(WORKER_EVENTS="false")
    service.forgot("anna@example.com")
    unknown = replace(job(), kind="unknown")  # type: ignore[arg-type]
    service.worker.delivery.outbox.add(unknown)
    monkeypatch.setattr(Outbox, "bury", raises(redis.ConnectionError()))

    service.deliver(job_id(str(service.redis.rpop(QUEUE))))

    assert [event["job"] for event in service.events("job_left_to_the_sweeper")] == [unknown.id]


def held_by_one(outbox: Outbox, client: redis.Redis) -> str:
    """Add a job, let "one" take it, and return its id."""
    added = job()
    outbox.add(added)
    client.lpop(QUEUE)
    outbox.claim(added.id, "one", 30)
    return added.id


def raises(error: Exception) -> Callable[..., None]:
    """Return what only raises."""

    def fail(*_: object) -> None:
        raise error

    return fail


def _ask(service: Service) -> list[str]:
    addresses = [f"{name}@example.com" for name in ("anna", "berta", "clara")]
    for address in addresses:
        service.add_user(address)
        service.forgot(address)
    return addresses
