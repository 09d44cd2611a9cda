"""Without task events, a worker that completes a job leases the next one in the same call."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import redis

from shared.outbox.jobs import Job
from shared.outbox.outbox import Outbox
from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.integration.conftest import job
from tests.support.outbox import pass_time, places, unfinished
from tests.support.service import Service, job_id
from worker.handlers import Outcome
from worker.queue.consumer import Consumer, LeasedJob
from worker.queue.sweeper import Swept


def complete(consumer: Consumer, finished: Job, *, retrying: bool = False) -> LeasedJob | None:
    """Complete a job that "one" has leased, and lease the next one."""
    return consumer.complete(LeasedJob(finished, "one"), Outcome(), next_lease=30, retrying=retrying)


def test_completing_a_job_returns_the_one_that_waits_longest(
    outbox: Outbox, consumer: Consumer, client: redis.Redis
) -> None:
    jobs = [job() for _ in range(3)]
    for added in jobs:
        outbox.add(added)
    client.rpop(Key.QUEUE)
    consumer.claim(jobs[0].id, "one", 30)

    assert complete(consumer, jobs[0]) == LeasedJob(jobs[1], "one")

    assert places(client, jobs[1].id) == ["leased"]
    assert consumer.claim(jobs[1].id, "two", 30) is None
    assert [job_id(str(message)) for message in client.lrange(Key.QUEUE, 0, -1)] == [jobs[2].id]


def test_a_call_repeated_after_a_lost_answer_releases_the_job_it_leased(
    outbox: Outbox, consumer: Consumer, client: redis.Redis
) -> None:
    jobs = [job() for _ in range(3)]
    for added in jobs:
        outbox.add(added)
    client.rpop(Key.QUEUE)
    consumer.claim(jobs[0].id, "one", 30)

    given = [complete(consumer, jobs[0], retrying=retrying) for retrying in (False, True)]

    assert given == [LeasedJob(jobs[1], "one"), None]
    assert places(client, jobs[1].id) == ["queued"]
    waiting = [job_id(str(message)) for message in client.lrange(Key.QUEUE, 0, -1)]
    assert waiting == [jobs[2].id, jobs[1].id]  # Workers pop from the right.


def test_a_repeated_call_that_leased_nothing_leaves_other_leases_alone(
    outbox: Outbox, consumer: Consumer, client: redis.Redis
) -> None:
    added = job()
    outbox.add(added)
    consumer.claim(added.id, "two", 30)

    assert complete(consumer, job(), retrying=True) is None

    assert client.hget(Key.LEASE_OWNER, added.id) == "two"
    assert places(client, added.id) == ["leased"]


def test_an_empty_queue_gives_no_job(outbox: Outbox, consumer: Consumer, client: redis.Redis) -> None:
    assert complete(consumer, leased_by_one(outbox, consumer, client)) is None


@pytest.mark.parametrize("late", ["another has leased it by now", "it is finished", "its lease is old"])
def test_a_late_call_leases_nothing(outbox: Outbox, consumer: Consumer, client: redis.Redis, late: str) -> None:
    """A frozen Redis may run the call late: its caller is gone, and nobody would deliver the leased job."""
    finished = leased_by_one(outbox, consumer, client)
    waiting = job()
    outbox.add(waiting)
    if late == "another has leased it by now":
        client.hset(Key.LEASE_OWNER, finished.id, "two")
    if late == "it is finished":
        consumer.complete(LeasedJob(finished, "one"), Outcome())
    if late == "its lease is old":
        client.zincrby(Key.LEASED, -4_000_000, finished.id)

    assert complete(consumer, finished) is None

    assert places(client, waiting.id) == ["queued"]
    assert client.llen(Key.QUEUE) == 1


def test_a_foreign_message_is_left_to_celery(outbox: Outbox, consumer: Consumer, client: redis.Redis) -> None:
    finished = leased_by_one(outbox, consumer, client)
    client.rpush(Key.QUEUE, '{"body": "W10=", "headers": {"task": "another.task"}}')

    assert complete(consumer, finished) is None

    assert client.llen(Key.QUEUE) == 1


def test_a_message_whose_job_is_leased_to_another_worker_gives_no_job(
    outbox: Outbox, consumer: Consumer, client: redis.Redis
) -> None:
    finished = leased_by_one(outbox, consumer, client)
    added = job()
    outbox.add(added)
    consumer.claim(added.id, "two", 30)

    assert complete(consumer, finished) is None

    assert places(client, added.id) == ["leased"]
    assert client.hget(Key.LEASE_OWNER, added.id) == "two"


def test_a_job_whose_worker_died_is_put_back(
    outbox: Outbox, consumer: Consumer, client: redis.Redis, sweep: Callable[[], Swept]
) -> None:
    finished = leased_by_one(outbox, consumer, client)
    added = job()
    outbox.add(added)
    complete(consumer, finished)
    pass_time(client, Key.LEASED, added.id)

    assert sweep().lost_leases == 1

    assert consumer.claim(added.id, "two", 30) == LeasedJob(added, "two")


@pytest.mark.parametrize(("events", "mails"), [("false", 3), ("true", 1)])
def test_one_task_delivers_all_waiting_jobs_unless_task_events_are_on(
    make_service: MakeService, events: str, mails: int
) -> None:
    service = make_service(WORKER_EVENTS=events)
    addresses = _ask(service)

    service.deliver(job_id(str(service.redis.rpop(Key.QUEUE))))

    assert service.relay.recipients() == addresses[:mails]
    assert service.redis.llen(Key.QUEUE) == unfinished(service.redis) == 3 - mails


def test_a_failure_ends_the_task_and_the_other_jobs_stay_queued(make_service: MakeService) -> None:
    service = make_service(WORKER_EVENTS="false")
    _ask(service)
    service.relay.answer_to_data = "451 try again later"

    service.deliver(job_id(str(service.redis.rpop(Key.QUEUE))))

    assert service.redis.zcard(Key.LATER) == 1
    assert service.redis.zcard(Key.QUEUED) == service.redis.llen(Key.QUEUE) == 2


def test_the_log_names_the_job_that_failed_and_not_the_first_of_the_task(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make_service(WORKER_EVENTS="false")
    service.forgot("anna@example.com")
    unknown = replace(job(), kind="unknown")  # type: ignore[arg-type]
    service.worker.outbox.add(unknown)
    monkeypatch.setattr(Consumer, "bury", raises(redis.ConnectionError()))

    service.deliver(job_id(str(service.redis.rpop(Key.QUEUE))))

    assert [event["job"] for event in service.events("job_left_to_the_sweeper")] == [unknown.id]


def leased_by_one(outbox: Outbox, consumer: Consumer, client: redis.Redis) -> Job:
    """Add a job and let "one" lease it."""
    added = job()
    outbox.add(added)
    client.lpop(Key.QUEUE)
    consumer.claim(added.id, "one", 30)
    return added


def raises(error: Exception) -> Callable[..., None]:
    """Return a function that only raises."""

    def fail(*_: object) -> None:
        raise error

    return fail


def _ask(service: Service) -> list[str]:
    addresses = [f"{name}@example.com" for name in ("anna", "berta", "clara")]
    for address in addresses:
        service.add_user(address)
        service.forgot(address)
    return addresses
