"""The outbox: every step on a real Redis."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
import redis

from shared.jobs import QUEUE, Job, message, new_id
from shared.outbox import Outbox, OutboxFull
from tests.servers import RedisServer


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server.url, decode_responses=True) as client:
        yield client


@pytest.fixture
def outbox(client: redis.Redis) -> Outbox:
    return Outbox(client)


def job() -> Job:
    return Job(new_id(), "forgot", "request", "hash", time.time(), address="anna@example.com")


def places(client: redis.Redis, identity: str) -> list[str]:
    """Say where a job is, apart from `jobs`."""
    keys = ("queued", "leased", "later")
    return [key for key in keys if client.zscore(f"outbox:{key}", identity) is not None]


def pass_time(client: redis.Redis, key: str, identity: str) -> None:
    """Let a lease end, or a wait."""
    client.zadd(key, {identity: 1})


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

    assert claims == [(added, 0), None, (added, 0)]
    assert places(client, added.id) == ["leased"]


def test_what_is_done_leaves_nothing_behind(outbox: Outbox, client: redis.Redis) -> None:
    added = job()
    outbox.add(added)
    outbox.claim(added.id, "one", 30)

    outbox.done(added.id)

    assert outbox.waiting() == 0
    assert outbox.claim(added.id, "two", 30) is None
    assert sorted(client.keys("outbox:*")) == []


def test_what_was_just_done_is_not_accepted_again(outbox: Outbox) -> None:
    added = job()
    outbox.add(added)
    outbox.done(added.id, remember=60)

    assert not outbox.add(added)
    assert not outbox.add_later(added, 0)
    assert outbox.waiting() == 0


def test_a_failed_job_waits_for_its_time_and_remembers_the_failure(outbox: Outbox, client: redis.Redis) -> None:
    added = job()
    outbox.add(added)
    outbox.claim(added.id, "one", 30)

    assert outbox.retry(added.id, "one", 60)

    assert places(client, added.id) == ["later"]
    assert outbox.claim(added.id, "two", 30) is None
    pass_time(client, "outbox:later", added.id)
    assert outbox.sweep().due == 1
    assert outbox.claim(added.id, "two", 30) == (added, 1)


def test_a_holder_whose_lease_is_lost_can_neither_delay_nor_bury(outbox: Outbox, client: redis.Redis) -> None:
    added = job()
    outbox.add(added)
    outbox.claim(added.id, "one", 30)
    pass_time(client, "outbox:leased", added.id)
    outbox.sweep()
    outbox.claim(added.id, "two", 30)

    assert not outbox.retry(added.id, "one", 60)
    assert not outbox.bury(added.id, "one", "reason")
    assert places(client, added.id) == ["leased"]


def test_the_job_of_a_dead_worker_is_put_back_and_buried_when_it_kills_again_and_again(
    outbox: Outbox, client: redis.Redis
) -> None:
    added = job()
    outbox.add(added)
    sweeps = []
    for _ in range(6):
        assert outbox.claim(added.id, "worker", 30)
        pass_time(client, "outbox:leased", added.id)
        sweeps.append(outbox.sweep())

    assert [swept.lost_leases for swept in sweeps] == [1, 1, 1, 1, 1, 0]
    assert sweeps[-1].buried == 1
    assert outbox.waiting() == 0
    assert "lost its worker" in client.hget("outbox:dead", added.id)


def test_a_message_lost_between_queue_and_worker_is_put_back_after_the_grace(
    outbox: Outbox, client: redis.Redis
) -> None:
    lost, waiting = job(), job()
    outbox.add(lost)
    client.rpop(QUEUE)
    outbox.add(waiting)
    first = outbox.sweep(grace=0)

    second = outbox.sweep(grace=0)

    assert (first.lost_messages, second.lost_messages) == (0, 1)
    assert [lost.id in entry for entry in client.lrange(QUEUE, 0, -1)] == [False, True]
    assert outbox.claim(lost.id, "one", 30)


def test_a_message_that_waits_is_not_taken_for_lost(outbox: Outbox, client: redis.Redis) -> None:
    for _ in range(3):
        outbox.add(job())

    sweeps = [outbox.sweep(grace=0) for _ in range(3)]

    assert sum(swept.lost_messages for swept in sweeps) == 0
    assert client.llen(QUEUE) == 3


def test_what_is_due_jumps_the_queue(outbox: Outbox, client: redis.Redis) -> None:
    outbox.add(job())
    older = job()
    outbox.add_later(older, 60)
    outbox.release(older.id)

    outbox.sweep()

    assert older.id in client.lindex(QUEUE, -1)


def test_a_held_back_job_is_queued_no_earlier_than_its_time(outbox: Outbox, client: redis.Redis) -> None:
    held = job()
    outbox.add_later(held, 60)

    assert outbox.sweep().due == 0
    assert places(client, held.id) == ["later"]


def test_a_sweep_takes_a_bounded_number(outbox: Outbox) -> None:
    for _ in range(5):
        outbox.add_later(job(), 0)

    assert [outbox.sweep(limit=2).due for _ in range(4)] == [2, 2, 1, 0]


def test_a_strange_message_at_the_head_of_the_queue_stops_no_sweep(outbox: Outbox, client: redis.Redis) -> None:
    client.rpush(QUEUE, "not json")
    held = job()
    outbox.add_later(held, 0)

    assert outbox.sweep(grace=0).due == 1


def test_buried_jobs_are_kept_for_two_weeks(outbox: Outbox, client: redis.Redis) -> None:
    old, new = job(), job()
    for buried in (old, new):
        outbox.add(buried)
        outbox.claim(buried.id, "one", 30)
    outbox.bury(old.id, "one", "reason")
    client.zadd("outbox:buried", {old.id: (time.time() - 15 * 86400) * 1e6})

    outbox.bury(new.id, "one", "reason")

    assert client.hkeys("outbox:dead") == [new.id]


def test_a_job_of_a_later_version_is_read_as_far_as_it_is_known() -> None:
    entry = job().entry().replace("{", '{"colour": "green", ', 1)

    assert Job.from_entry(entry).address == "anna@example.com"


def test_an_entry_says_no_more_than_it_must() -> None:
    entry = replace(job(), kind="over_quota", address="").entry()

    assert "address_hash" in entry
    assert '"address":' not in entry
    assert "user_id" not in entry


def test_a_message_is_text_with_room_for_the_time_of_the_push() -> None:
    import json

    head, tail = message("0" * 32)

    assert json.loads(head + "17" + tail)["headers"]["pushed"] == 17
