"""Every step of the outbox, on a real Redis."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import redis

from shared.outbox.jobs import Kind
from shared.outbox.outbox import Outbox, OutboxFull
from shared.redis_keys import Key
from tests.integration.conftest import job
from tests.support.outbox import pass_time, places, stored, unfinished, waiting
from worker.plans import Outcome
from worker.queue.consumer import SETTLED_TIMEOUT, Consumer, Failure, LeasedJob
from worker.queue.sweeper import Swept

PASSING = ("relay away", "mails_retried:transient")


def claimed(consumer: Consumer, owner: str = "one") -> LeasedJob:
    (leased,) = consumer.claim(owner, 30, 1)
    return leased


def test_jobs_are_added_to_the_outbox_and_one_message_says_that_some_wait(outbox: Outbox, client: redis.Redis) -> None:
    jobs = [job(), job()]

    assert [outbox.add(added) for added in jobs] == [True, True]

    assert waiting(client) == [added.id for added in jobs]
    (message,) = client.lrange(Key.QUEUE, 0, -1)
    assert "anna" not in message


def test_a_job_added_twice_is_stored_once(outbox: Outbox, client: redis.Redis) -> None:
    added = job()

    assert [outbox.add(added), outbox.add(added)] == [True, False]

    assert waiting(client) == [added.id]


def test_a_full_outbox_refuses(client: redis.Redis) -> None:
    outbox = Outbox(client, max_jobs=1)
    outbox.add(job())

    with pytest.raises(OutboxFull):
        outbox.add(job())


def test_a_leased_job_is_not_leased_again(outbox: Outbox, consumer: Consumer, client: redis.Redis) -> None:
    added = job()
    outbox.add(added)

    claims = [consumer.claim(owner, 30, 10) for owner in ("one", "two", "one")]

    assert claims == [[LeasedJob(added, "one")], [], []]
    assert places(client, added.id) == ["leased"]


def test_a_completed_job_leaves_nothing_behind(outbox: Outbox, consumer: Consumer, client: redis.Redis) -> None:
    added = job()
    outbox.add(added)
    leased = claimed(consumer)

    consumer.complete([(leased.job, Outcome())])

    assert unfinished(client) == 0
    assert consumer.claim("two", 30, 1) == []
    assert stored(client) == [Key.PACE]


def test_a_recently_completed_job_for_one_of_several_users_is_not_added_again(
    outbox: Outbox, consumer: Consumer, client: redis.Redis
) -> None:
    added = job().send_link_to_user("42", "state")
    outbox.add(added)
    consumer.complete([(added, Outcome())])

    assert not outbox.add(added)
    assert not outbox.add_delayed(added, 0)
    assert unfinished(client) == 0
    assert 0 < client.ttl(Key.SETTLED + added.id) <= SETTLED_TIMEOUT


@pytest.mark.parametrize("kind", ["forgot", "over_quota", "password_changed"])
def test_other_completed_jobs_are_not_remembered(
    outbox: Outbox, consumer: Consumer, client: redis.Redis, kind: Kind
) -> None:
    added = replace(job(), kind=kind)
    outbox.add(added)

    consumer.complete([(claimed(consumer).job, Outcome())])

    assert stored(client) == [Key.PACE]


def test_a_cancelled_job_leaves_nothing_behind(outbox: Outbox, client: redis.Redis) -> None:
    added = job()
    outbox.add_delayed(added, 60)

    outbox.cancel(added.id)

    assert stored(client) == []


def test_a_failed_job_waits_for_its_retry_and_records_the_failure(
    outbox: Outbox, consumer: Consumer, client: redis.Redis, sweep: Callable[[], Swept]
) -> None:
    added = job()
    outbox.add(added)
    leased = claimed(consumer)

    assert consumer.reschedule(leased, 60, *PASSING)

    assert places(client, added.id) == ["later"]
    assert consumer.claim("two", 30, 1) == []
    pass_time(client, Key.LATER, added.id)
    assert sweep().due == 1
    assert consumer.claim("two", 30, 1) == [LeasedJob(added, "two", attempts=1)]


@pytest.mark.parametrize("failure", ["unanswered", "unexpected"])
def test_other_failures_are_counted_separately(
    outbox: Outbox, consumer: Consumer, client: redis.Redis, sweep: Callable[[], Swept], failure: Failure
) -> None:
    added = job()
    outbox.add(added)
    leased = claimed(consumer)

    consumer.reschedule(leased, 0, *PASSING, failure=failure)
    sweep()

    again = claimed(consumer, "two")
    assert again == LeasedJob(
        added, "two", unanswered=int(failure == "unanswered"), unexpected=int(failure == "unexpected")
    )
    consumer.complete([(again.job, Outcome())])
    assert stored(client) == [Key.PACE]


def test_an_owner_who_lost_the_lease_can_neither_delay_nor_bury(
    outbox: Outbox, consumer: Consumer, client: redis.Redis, sweep: Callable[[], Swept]
) -> None:
    added = job()
    outbox.add(added)
    lost = claimed(consumer)
    pass_time(client, Key.LEASED, added.id)
    sweep()
    consumer.claim("two", 30, 1)

    assert not consumer.reschedule(lost, 60, *PASSING)
    assert not consumer.bury(lost, "reason")
    assert places(client, added.id) == ["leased"]


def test_an_id_without_a_job_is_not_claimed_and_leaves_nothing_behind(
    outbox: Outbox, consumer: Consumer, client: redis.Redis
) -> None:
    added = job()
    outbox.add(added)
    client.hdel(Key.JOBS, added.id)

    assert consumer.claim("one", 30, 1) == []

    assert stored(client) == [Key.PACE]
