"""The sweep puts accepted but unfinished jobs back into the queue, on a real Redis."""

import time
from collections.abc import Callable
from dataclasses import replace

import redis

from shared.outbox.outbox import Outbox
from shared.outbox.pending import Pending
from shared.redis_keys import Key
from tests.integration.conftest import job
from tests.support.outbox import pass_time, places, unfinished, waiting
from worker.handlers import NOTICE_MAX_AGE
from worker.queue.consumer import Consumer, LeasedJob
from worker.queue.sweeper import Sweeper, Swept


def test_the_job_of_a_dead_worker_is_put_back_and_buried_if_it_keeps_killing_workers(
    outbox: Outbox, consumer: Consumer, client: redis.Redis, sweep: Callable[[], Swept]
) -> None:
    added = job()
    outbox.add(added)
    sweeps = []
    for _ in range(6):
        assert consumer.claim("worker", 30, 1)
        pass_time(client, Key.LEASED, added.id)
        sweeps.append(sweep())

    assert [swept.lost_leases for swept in sweeps] == [1, 1, 1, 1, 1, 0]
    assert sweeps[-1].buried == 1
    assert unfinished(client) == 0
    assert "lost its worker" in str(client.hget(Key.DEAD, added.id))


def test_due_jobs_take_turns_with_new_ones(outbox: Outbox, client: redis.Redis, sweep: Callable[[], Swept]) -> None:
    new = job()
    outbox.add(new)
    older = job()
    outbox.add_delayed(older, 60)
    outbox.promote(older.id)

    sweep()

    assert waiting(client) == [older.id, new.id]


def test_a_lost_message_is_replaced(outbox: Outbox, client: redis.Redis, sweep: Callable[[], Swept]) -> None:
    outbox.add(job())
    client.delete(Key.QUEUE)

    sweep()
    sweep()

    assert client.llen(Key.QUEUE) == 1


def test_no_message_is_sent_for_jobs_that_do_not_wait(
    outbox: Outbox, consumer: Consumer, client: redis.Redis, sweep: Callable[[], Swept]
) -> None:
    outbox.add(job())
    outbox.add_delayed(job(), 60)
    consumer.claim("one", 30, 1)
    client.delete(Key.QUEUE)

    sweep()

    assert client.llen(Key.QUEUE) == 0


def test_a_delayed_job_is_not_queued_before_its_time(
    outbox: Outbox, client: redis.Redis, sweep: Callable[[], Swept]
) -> None:
    held = job()
    outbox.add_delayed(held, 60)

    assert sweep().due == 0
    assert places(client, held.id) == ["later"]


def test_a_sweep_moves_a_bounded_number_of_jobs(outbox: Outbox, make_sweeper: Callable[..., Sweeper]) -> None:
    sweeper = make_sweeper(limit=2)
    for _ in range(5):
        outbox.add_delayed(job(), 0)

    assert [sweeper.sweep_once().due for _ in range(4)] == [2, 2, 1, 0]


def test_buried_jobs_are_kept_for_two_weeks(outbox: Outbox, consumer: Consumer, client: redis.Redis) -> None:
    old, new = job(), job()
    for buried in (old, new):
        outbox.add(buried)
    consumer.claim("one", 30, 2)
    consumer.bury(LeasedJob(old, "one"), "reason")
    client.zadd(Key.BURIED, {old.id: (time.time() - 15 * 86400) * 1e6})

    consumer.bury(LeasedJob(new, "one"), "reason")

    assert client.hkeys(Key.DEAD) == [new.id]


def test_a_job_that_is_too_old_is_dropped_unless_a_worker_holds_it(
    outbox: Outbox, consumer: Consumer, client: redis.Redis, make_sweeper: Callable[..., Sweeper]
) -> None:
    delayed, held, queued, fresh = (job() for _ in range(4))
    for added in (delayed, held, queued, fresh):
        outbox.add(added)
    consumer.claim("one", 30, 2)
    consumer.reschedule(LeasedJob(delayed, "one"), 600, "relay away", "mails_retried:transient")
    for old in (queued, delayed, held):
        client.zadd(Key.REQUESTS, {old.id: (time.time() - 61) * 1e6})

    swept = make_sweeper(max_age=60).sweep_once()

    assert swept.dropped == 2
    assert set(client.hkeys(Key.JOBS)) == {held.id, fresh.id}
    assert client.hget("metrics", "mails_dropped:forgot") == "2"
    assert [line.split()[2] for line in client.lrange(f"{Key.HISTORY}hash", -2, -1)] == ["dropped", "dropped"]


def test_a_notice_has_its_own_maximum_age(
    outbox: Outbox, client: redis.Redis, make_sweeper: Callable[..., Sweeper]
) -> None:
    notice = job()
    outbox.add_delayed(notice, 600)
    sweeper = make_sweeper(max_age=1)
    dropped = []
    for age in (NOTICE_MAX_AGE - 10, NOTICE_MAX_AGE + 10):
        client.zadd(Key.NOTICES, {notice.id: (time.time() - age) * 1e6})
        dropped.append(sweeper.sweep_once().dropped)

    assert dropped == [0, 1]


def test_the_age_of_the_oldest_job_is_known_in_every_state(
    outbox: Outbox, consumer: Consumer, client: redis.Redis
) -> None:
    assert Pending.count(client).oldest is None
    old = replace(job(), accepted_at=time.time() - 100)
    for added in (old, job()):
        outbox.add(added)
    consumer.claim("one", 30, 1)
    consumer.reschedule(LeasedJob(old, "one"), 600, "relay away", "mails_retried:transient")

    found = Pending.count(client)

    assert 100 <= (found.oldest or 0) < 105
    assert (found.jobs, found.queued, found.later, found.lanes) == (2, 1, 1, 1)


def test_an_id_without_a_job_does_not_stop_the_sweep(
    outbox: Outbox, client: redis.Redis, sweep: Callable[[], Swept]
) -> None:
    gone, held = job(), job()
    outbox.add(gone)
    client.hdel(Key.JOBS, gone.id)
    client.zadd(Key.REQUESTS, {gone.id: 1})
    outbox.add_delayed(held, 0)

    swept = sweep()

    assert (swept.dropped, swept.due) == (0, 1)
    assert client.zcard(Key.REQUESTS) == 0


def test_a_buried_job_expires_after_two_weeks_even_if_no_other_is_buried(
    outbox: Outbox, consumer: Consumer, client: redis.Redis, sweep: Callable[[], Swept]
) -> None:
    old = job()
    outbox.add(old)
    consumer.claim("one", 30, 1)
    consumer.bury(LeasedJob(old, "one"), "reason")
    client.zadd(Key.BURIED, {old.id: (time.time() - 15 * 86400) * 1e6})

    sweep()

    assert client.exists(Key.DEAD, Key.BURIED) == 0
