"""The sweep: what was accepted and not finished is put back, on a real Redis."""

import time
from dataclasses import replace

import redis

from shared.outbox.jobs import QUEUE
from shared.outbox.outbox import Failure, Outbox
from shared.outbox.pending import Pending
from tests.integration.conftest import job, pass_time, places


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
    assert client.hlen("outbox:jobs") == 0
    assert "lost its worker" in str(client.hget("outbox:dead", added.id))


def test_what_is_due_jumps_the_queue(outbox: Outbox, client: redis.Redis) -> None:
    outbox.add(job())
    older = job()
    outbox.add_later(older, 60)
    outbox.release(older.id)

    outbox.sweep()

    assert older.id in str(client.lindex(QUEUE, -1))


def test_a_held_back_job_is_queued_no_earlier_than_its_time(outbox: Outbox, client: redis.Redis) -> None:
    held = job()
    outbox.add_later(held, 60)

    assert outbox.sweep().due == 0
    assert places(client, held.id) == ["later"]


def test_a_sweep_takes_a_bounded_number(outbox: Outbox) -> None:
    for _ in range(5):
        outbox.add_later(job(), 0)

    assert [outbox.sweep(limit=2).due for _ in range(4)] == [2, 2, 1, 0]


def test_buried_jobs_are_kept_for_two_weeks(outbox: Outbox, client: redis.Redis) -> None:
    old, new = job(), job()
    for buried in (old, new):
        outbox.add(buried)
        outbox.claim(buried.id, "one", 30)
    outbox.bury(old.id, "one", "reason")
    client.zadd("outbox:buried", {old.id: (time.time() - 15 * 86400) * 1e6})

    outbox.bury(new.id, "one", "reason")

    assert client.hkeys("outbox:dead") == [new.id]


def test_what_is_too_old_is_dropped_wherever_it_waits_unless_a_worker_has_it(
    outbox: Outbox, client: redis.Redis
) -> None:
    queued, delayed, held, fresh = (job() for _ in range(4))
    for added in (queued, delayed, held, fresh):
        outbox.add(added)
    for claimed in (delayed, held):
        outbox.claim(claimed.id, "one", 30)
    outbox.retry(delayed.id, "one", 600, Failure("relay away", "mails_retried:transient"))
    for old in (queued, delayed, held):
        client.zadd("outbox:requests", {old.id: (time.time() - 61) * 1e6})

    swept = outbox.sweep(ages=(60, 86400))

    assert swept.dropped == 2
    assert set(client.hkeys("outbox:jobs")) == {held.id, fresh.id}
    assert client.hget("metrics", "mails_dropped:forgot") == "2"
    assert [line.split()[2] for line in client.lrange("history:hash", -2, -1)] == ["dropped", "dropped"]


def test_a_notice_is_dropped_at_an_age_of_its_own(outbox: Outbox, client: redis.Redis) -> None:
    notice = job()
    outbox.add_later(notice, 600)
    client.zadd("outbox:notices", {notice.id: (time.time() - 61) * 1e6})

    assert [outbox.sweep(ages=ages).dropped for ages in ((1, 86400), (86400, 60))] == [0, 1]


def test_the_age_of_the_oldest_is_known_whatever_became_of_it_since(outbox: Outbox, client: redis.Redis) -> None:
    assert Pending.count(client).oldest is None
    old = replace(job(), accepted_at=time.time() - 100)
    for added in (job(), old):
        outbox.add(added)
    outbox.claim(old.id, "one", 30)
    outbox.retry(old.id, "one", 600, Failure("relay away", "mails_retried:transient"))

    found = Pending.count(client)

    assert 100 <= (found.oldest or 0) < 105
    assert (found.jobs, found.queued, found.later, found.queue) == (2, 1, 1, 2)


def test_an_id_without_a_job_does_not_stop_the_sweep(outbox: Outbox, client: redis.Redis) -> None:
    gone, held = job(), job()
    outbox.add(gone)
    client.hdel("outbox:jobs", gone.id)
    client.zadd("outbox:requests", {gone.id: 1})
    outbox.add_later(held, 0)

    swept = outbox.sweep()

    assert (swept.dropped, swept.due) == (0, 1)
    assert client.zcard("outbox:requests") == 0


def test_what_is_buried_is_forgotten_after_two_weeks_though_nothing_else_is_buried(
    outbox: Outbox, client: redis.Redis
) -> None:
    old = job()
    outbox.add(old)
    outbox.claim(old.id, "one", 30)
    outbox.bury(old.id, "one", "reason")
    client.zadd("outbox:buried", {old.id: (time.time() - 15 * 86400) * 1e6})

    outbox.sweep()

    assert client.exists("outbox:dead", "outbox:buried") == 0
