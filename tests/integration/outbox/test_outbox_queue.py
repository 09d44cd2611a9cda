"""What a sweep learns from the queue on a real Redis: which messages were lost, and which are obsolete."""

import re
from collections.abc import Callable

import redis

from shared.outbox.outbox import Outbox
from shared.redis_keys import Key
from tests.integration.conftest import job
from tests.support.outbox import unfinished
from worker.queue.consumer import Consumer
from worker.queue.sweeper import Sweeper, Swept


def test_a_message_lost_between_queue_and_worker_is_put_back_after_a_grace_period(
    outbox: Outbox, consumer: Consumer, client: redis.Redis, sweep: Callable[[], Swept]
) -> None:
    lost, waiting = job(), job()
    outbox.add(lost)
    client.rpop(Key.QUEUE)
    outbox.add(waiting)
    first = sweep()

    second = sweep()

    assert (first.lost_messages, second.lost_messages) == (0, 1)
    assert [lost.id in entry for entry in client.lrange(Key.QUEUE, 0, -1)] == [False, True]
    assert consumer.claim(lost.id, "one", 30)


def test_a_waiting_message_does_not_count_as_lost(
    outbox: Outbox, client: redis.Redis, sweep: Callable[[], Swept]
) -> None:
    for _ in range(3):
        outbox.add(job())

    sweeps = [sweep() for _ in range(3)]

    assert sum(swept.lost_messages for swept in sweeps) == 0
    assert client.llen(Key.QUEUE) == 3


def test_a_foreign_message_at_the_head_of_the_queue_does_not_stop_the_sweep(
    outbox: Outbox, client: redis.Redis, sweep: Callable[[], Swept]
) -> None:
    client.rpush(Key.QUEUE, "not json")
    held = job()
    outbox.add_delayed(held, 0)

    assert sweep().due == 1


def test_messages_without_a_job_are_removed_from_the_queue(
    outbox: Outbox, client: redis.Redis, make_sweeper: Callable[..., Sweeper]
) -> None:
    jobs = [job() for _ in range(5)]
    for added in jobs:
        outbox.add(added)
    sweeper = make_sweeper(limit=2)
    for added in jobs[:3]:
        outbox.cancel(added.id)

    sweeper.sweep_once()
    assert client.llen(Key.QUEUE) == 3
    sweeper.sweep_once()

    assert client.llen(Key.QUEUE) == unfinished(client) == 2
    assert jobs[3].id in str(client.lindex(Key.QUEUE, -1))


def test_a_lost_message_is_found_even_if_other_jobs_are_always_due(
    outbox: Outbox, client: redis.Redis, sweep: Callable[[], Swept]
) -> None:
    lost, waiting = job(), job()
    outbox.add(lost)
    client.rpop(Key.QUEUE)
    outbox.add(waiting)
    found = 0
    for _ in range(3):
        outbox.add_delayed(job(), 0)
        found += sweep().lost_messages

    assert found == 1
    identities = [re.findall(r'"correlation_id": "(\w+)"', str(text))[0] for text in client.lrange(Key.QUEUE, 0, -1)]
    assert len(identities) == len(set(identities)) == 5


def test_a_message_waiting_at_the_front_does_not_count_as_lost(
    outbox: Outbox, client: redis.Redis, sweep: Callable[[], Swept]
) -> None:
    outbox.add_delayed(job(), 0)
    sweep()
    outbox.add(job())

    assert [sweep().lost_messages for _ in range(3)] == [0, 0, 0]
    assert client.llen(Key.QUEUE) == 2
