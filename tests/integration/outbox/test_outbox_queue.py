"""What a sweep reads from the queue: which messages were lost, and which are wanted no more, on a real Redis."""

import re

import redis

from shared.outbox.jobs import QUEUE
from shared.outbox.outbox import Outbox
from tests.integration.conftest import job


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


def test_a_strange_message_at_the_head_of_the_queue_stops_no_sweep(outbox: Outbox, client: redis.Redis) -> None:
    client.rpush(QUEUE, "not json")
    held = job()
    outbox.add_later(held, 0)

    assert outbox.sweep(grace=0).due == 1


def test_messages_of_jobs_that_are_gone_leave_the_queue(outbox: Outbox, client: redis.Redis) -> None:
    jobs = [job() for _ in range(5)]
    for added in jobs:
        outbox.add(added)
    for added in jobs[:3]:
        outbox.done(added.id)

    outbox.sweep(limit=2)
    assert client.llen(QUEUE) == 3
    outbox.sweep(limit=2)

    assert client.llen(QUEUE) == client.hlen("outbox:jobs") == 2
    assert jobs[3].id in str(client.lindex(QUEUE, -1))


def test_a_lost_message_is_found_though_there_is_always_something_due(outbox: Outbox, client: redis.Redis) -> None:
    lost, waiting = job(), job()
    outbox.add(lost)
    client.rpop(QUEUE)
    outbox.add(waiting)
    found = 0
    for _ in range(3):
        outbox.add_later(job(), 0)
        found += outbox.sweep(grace=0).lost_messages

    assert found == 1
    identities = [re.findall(r'"correlation_id": "(\w+)"', str(text))[0] for text in client.lrange(QUEUE, 0, -1)]
    assert len(identities) == len(set(identities)) == 5


def test_what_was_put_to_the_front_and_waits_there_is_not_taken_for_lost(outbox: Outbox, client: redis.Redis) -> None:
    outbox.add_later(job(), 0)
    outbox.sweep(grace=0)
    outbox.add(job())

    assert [outbox.sweep(grace=0).lost_messages for _ in range(3)] == [0, 0, 0]
    assert client.llen(QUEUE) == 2
