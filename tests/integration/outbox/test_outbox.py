"""The outbox: every step on a real Redis."""

from dataclasses import replace

import pytest
import redis

from shared.outbox.jobs import QUEUE
from shared.outbox.outbox import Claim, Failure, Outbox, OutboxFull
from tests.integration.conftest import job, pass_time, places

PASSING = Failure("relay away", "mails_retried:transient")


def test_an_added_job_waits_in_the_outbox_and_its_id_alone_in_the_queue(outbox: Outbox, client: redis.Redis) -> None:
    added = job()

    assert outbox.add(added)

    assert places(client, added.id) == ["queued"]
    waiting = client.lrange(QUEUE, 0, -1)
    assert len(waiting) == 1
    assert added.id in waiting[0]
    assert "anna" not in waiting[0]


def test_a_job_added_twice_is_there_once(outbox: Outbox, client: redis.Redis) -> None:
    added = job()

    assert [outbox.add(added), outbox.add(added)] == [True, False]

    assert client.llen(QUEUE) == 1


def test_a_full_outbox_refuses(client: redis.Redis) -> None:
    outbox = Outbox(client, most_jobs=1)
    outbox.add(job())

    with pytest.raises(OutboxFull):
        outbox.add(job())


def test_a_claimed_job_is_for_its_holder_alone(outbox: Outbox, client: redis.Redis) -> None:
    added = job()
    outbox.add(added)

    claims = [outbox.claim(added.id, holder, 30) for holder in ("one", "two", "one")]

    assert claims == [Claim(added, 0, 0), None, Claim(added, 0, 0)]
    assert places(client, added.id) == ["leased"]


def test_what_is_done_leaves_nothing_behind(outbox: Outbox, client: redis.Redis) -> None:
    added = job()
    outbox.add(added)
    outbox.claim(added.id, "one", 30)

    outbox.done(added.id)

    assert client.hlen("outbox:jobs") == 0
    assert outbox.claim(added.id, "two", 30) is None
    assert sorted(client.keys("outbox:*")) == []


def test_what_was_just_done_is_not_accepted_again(outbox: Outbox, client: redis.Redis) -> None:
    added = job()
    outbox.add(added)
    outbox.done(added.id, remember=60)

    assert not outbox.add(added)
    assert not outbox.add_later(added, 0)
    assert client.hlen("outbox:jobs") == 0


def test_a_failed_job_waits_for_its_time_and_remembers_the_failure(outbox: Outbox, client: redis.Redis) -> None:
    added = job()
    outbox.add(added)
    outbox.claim(added.id, "one", 30)

    assert outbox.retry(added.id, "one", 60, PASSING)

    assert places(client, added.id) == ["later"]
    assert outbox.claim(added.id, "two", 30) is None
    pass_time(client, "outbox:later", added.id)
    assert outbox.sweep().due == 1
    assert outbox.claim(added.id, "two", 30) == Claim(added, 1, 0)


def test_what_the_relay_may_have_is_counted_apart(outbox: Outbox, client: redis.Redis) -> None:
    added = job()
    outbox.add(added)
    outbox.claim(added.id, "one", 30)

    outbox.retry(added.id, "one", 0, replace(PASSING, unsure=True))
    outbox.sweep()

    assert outbox.claim(added.id, "two", 30) == Claim(added, 0, 1)
    outbox.done(added.id)
    assert client.keys("outbox:*") == ["outbox:mark"]


def test_a_holder_whose_lease_is_lost_can_neither_delay_nor_bury(outbox: Outbox, client: redis.Redis) -> None:
    added = job()
    outbox.add(added)
    outbox.claim(added.id, "one", 30)
    pass_time(client, "outbox:leased", added.id)
    outbox.sweep()
    outbox.claim(added.id, "two", 30)

    assert not outbox.retry(added.id, "one", 60, PASSING)
    assert not outbox.bury(added.id, "one", "reason")
    assert places(client, added.id) == ["leased"]


def test_an_id_whose_job_is_gone_is_not_claimed_and_leaves_nothing_behind(outbox: Outbox, client: redis.Redis) -> None:
    added = job()
    outbox.add(added)
    client.hdel("outbox:jobs", added.id)

    assert outbox.claim(added.id, "one", 30) is None

    assert client.keys("outbox:*") == []
