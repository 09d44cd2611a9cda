"""Every step of the outbox, on a real Redis."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import redis

from shared.outbox.jobs import Job, Kind
from shared.outbox.outbox import Outbox, OutboxFull
from shared.redis_keys import Key
from tests.integration.conftest import job
from tests.support.outbox import pass_time, places, stored, unfinished
from worker.handlers import Outcome
from worker.queue.consumer import SETTLED_TIMEOUT, Consumer, LeasedJob
from worker.queue.sweeper import Swept

PASSING = ("relay away", "mails_retried:transient")


def claimed(consumer: Consumer, added: Job, owner: str = "one") -> LeasedJob:
    leased = consumer.claim(added.id, owner, 30)
    assert leased
    return leased


def test_a_job_is_added_to_the_outbox_and_only_its_id_to_the_queue(outbox: Outbox, client: redis.Redis) -> None:
    added = job()

    assert outbox.add(added)

    assert places(client, added.id) == ["queued"]
    waiting = client.lrange(Key.QUEUE, 0, -1)
    assert len(waiting) == 1
    assert added.id in waiting[0]
    assert "anna" not in waiting[0]


def test_a_job_added_twice_is_stored_once(outbox: Outbox, client: redis.Redis) -> None:
    added = job()

    assert [outbox.add(added), outbox.add(added)] == [True, False]

    assert client.llen(Key.QUEUE) == 1


def test_a_full_outbox_refuses(client: redis.Redis) -> None:
    outbox = Outbox(client, max_jobs=1)
    outbox.add(job())

    with pytest.raises(OutboxFull):
        outbox.add(job())


def test_only_the_lease_owner_can_claim_a_job_again(outbox: Outbox, consumer: Consumer, client: redis.Redis) -> None:
    added = job()
    outbox.add(added)

    claims = [consumer.claim(added.id, owner, 30) for owner in ("one", "two", "one")]

    assert claims == [LeasedJob(added, "one"), None, LeasedJob(added, "one")]
    assert places(client, added.id) == ["leased"]


def test_a_completed_job_leaves_nothing_behind(outbox: Outbox, consumer: Consumer, client: redis.Redis) -> None:
    added = job()
    outbox.add(added)
    leased = claimed(consumer, added)

    consumer.complete(leased, Outcome())

    assert unfinished(client) == 0
    assert consumer.claim(added.id, "two", 30) is None
    assert stored(client) == []


def test_a_recently_completed_job_for_one_of_several_users_is_not_added_again(
    outbox: Outbox, consumer: Consumer, client: redis.Redis
) -> None:
    added = job().send_link_to_user("42", "state")
    outbox.add(added)
    consumer.complete(LeasedJob(added, "one"), Outcome())

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

    consumer.complete(LeasedJob(added, "one"), Outcome())

    assert stored(client) == []


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
    leased = claimed(consumer, added)

    assert consumer.reschedule(leased, 60, *PASSING)

    assert places(client, added.id) == ["later"]
    assert consumer.claim(added.id, "two", 30) is None
    pass_time(client, Key.LATER, added.id)
    assert sweep().due == 1
    assert consumer.claim(added.id, "two", 30) == LeasedJob(added, "two", attempts=1)


def test_deliveries_of_unknown_outcome_are_counted_separately(
    outbox: Outbox, consumer: Consumer, client: redis.Redis, sweep: Callable[[], Swept]
) -> None:
    added = job()
    outbox.add(added)
    leased = claimed(consumer, added)

    consumer.reschedule(leased, 0, *PASSING, unconfirmed=True)
    sweep()

    again = claimed(consumer, added, "two")
    assert again == LeasedJob(added, "two", unconfirmed=1)
    consumer.complete(again, Outcome())
    assert stored(client) == [Key.WATERMARK]


def test_an_owner_who_lost_the_lease_can_neither_delay_nor_bury(
    outbox: Outbox, consumer: Consumer, client: redis.Redis, sweep: Callable[[], Swept]
) -> None:
    added = job()
    outbox.add(added)
    lost = claimed(consumer, added)
    pass_time(client, Key.LEASED, added.id)
    sweep()
    consumer.claim(added.id, "two", 30)

    assert not consumer.reschedule(lost, 60, *PASSING)
    assert not consumer.bury(lost, "reason")
    assert places(client, added.id) == ["leased"]


def test_an_id_without_a_job_is_not_claimed_and_leaves_nothing_behind(
    outbox: Outbox, consumer: Consumer, client: redis.Redis
) -> None:
    added = job()
    outbox.add(added)
    client.hdel(Key.JOBS, added.id)

    assert consumer.claim(added.id, "one", 30) is None

    assert stored(client) == []
