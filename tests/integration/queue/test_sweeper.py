"""The sweeper's thread runs as long as the worker, and puts unfinished jobs back into the queue."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from shared.outbox.jobs import Job, new_id
from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.support.outbox import unfinished
from tests.support.servers import wait_until
from tests.support.service import Service
from worker.queue.sweeper import MAX_AGAIN, MAX_SWEEPS, Sweeper


@pytest.fixture
def sweeper(service: Service) -> Iterator[Sweeper]:
    service.worker.sweeper._interval = 0.02
    yield service.worker.sweeper
    service.worker.sweeper.stop()
    if service.worker.sweeper.is_alive():
        service.worker.sweeper.join()


def test_the_heartbeat_lasts_until_the_sweeper_is_stopped(service: Service, sweeper: Sweeper) -> None:
    sweeper.start()
    wait_until(lambda: service.redis.exists(Key.HEARTBEAT), "no heartbeat")
    sweeper.stop()

    sweeper.join(2)
    assert not sweeper.is_alive()
    assert not service.redis.exists(Key.HEARTBEAT)


def test_a_sweeper_survives_a_redis_outage_and_logs_it_once(
    service: Service, sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = []

    def fail(*_: object, **__: object) -> None:
        failures.append(1)
        raise RedisConnectionError

    sweep_once = Sweeper.sweep_once
    monkeypatch.setattr(Sweeper, "sweep_once", fail)
    sweeper.start()
    wait_until(lambda: len(failures) > 2, "the sweeper does not go on")
    monkeypatch.setattr(Sweeper, "sweep_once", sweep_once)
    service.forgot("anna@example.com")
    service.redis.delete(Key.HEARTBEAT)

    wait_until(lambda: service.redis.exists(Key.HEARTBEAT), "the sweeper does not recover")
    assert len(service.events("redis_away")) == 1


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_process_forked_while_the_sweeper_uses_redis_can_use_redis_too(service: Service) -> None:
    held, over = threading.Event(), threading.Event()

    def talk() -> None:
        with service.worker.sweeper._redis.connection_pool._lock:
            held.set()
            over.wait(10)

    thread = threading.Thread(target=talk)
    thread.start()
    held.wait(5)
    child = os.fork()
    if child == 0:
        service.worker.intake.consumer.claim("the child", 1, 1)
        os._exit(0)

    try:
        wait_until(lambda: os.waitpid(child, os.WNOHANG)[0] == child, "the child hangs", 5)
    except TimeoutError:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    finally:
        over.set()
        thread.join()


def test_a_sweeper_survives_an_unexpected_error(
    service: Service, sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Sweeper, "sweep_once", fail)
    sweeper.start()

    wait_until(lambda: len(service.events("sweeper_failed")) > 1, "the sweeper does not go on")


def test_one_tick_goes_on_while_there_is_more_to_put_back(service: Service) -> None:
    many = 7
    put(service, Key.LEASED, many)

    Sweeper(service.worker.outbox, 3600, limit=3, pause=0).tick()

    assert service.redis.zcard(Key.LEASED) == 0
    assert service.redis.llen(Key.AGAIN) == many


def test_a_due_backlog_waits_for_room_and_is_processed(service: Service) -> None:
    many = MAX_AGAIN * 2 + 5
    service.worker.sweeper._pause = 0  # Its pauses of 0.05 s would add up to 5 s.
    put(service, Key.LATER, many)
    service.worker.sweeper.sweep()
    before = service.redis.llen(Key.AGAIN)
    waiting = service.redis.zcard(Key.LATER)

    service.work()

    # Each sweep promotes at least one, so that a list that stays full cannot starve the delayed jobs.
    assert before == MAX_AGAIN + MAX_SWEEPS - 1
    assert waiting == many - before
    assert unfinished(service.redis) == 0


def put(service: Service, place: Key, many: int) -> None:
    """Add a number of no-op jobs to a sorted set, already due."""
    jobs = [Job(new_id(), "over_quota", "request", "hash", time.time()) for _ in range(many)]
    service.redis.hset(Key.JOBS, mapping={job.id: job.entry() for job in jobs})
    service.redis.zadd(place, {job.id: 0 for job in jobs})


def test_the_jobs_of_a_dead_worker_are_put_back_and_logged(service: Service) -> None:
    service.add_user("anna@example.com")
    service.forgot("anna@example.com")
    (leased,) = service.worker.intake.consumer.claim("a worker that died", 30, 1)
    service.redis.zadd(Key.LEASED, {leased.job.id: 1})

    service.work()

    assert service.relay.recipients() == ["anna@example.com"]
    assert [event["lost_leases"] for event in service.events("swept")] == [1]


def test_a_job_that_kills_every_worker_is_buried_and_logged(service: Service) -> None:
    service.forgot("anna@example.com")
    identity = str(service.redis.hkeys(Key.JOBS)[0])
    service.redis.hset(Key.LOST_LEASES, identity, 5)
    service.worker.intake.consumer.claim("the sixth", 30, 1)
    service.redis.zadd(Key.LEASED, {identity: 1})

    service.worker.sweeper.tick()

    assert service.redis.hexists(Key.DEAD, identity)
    assert [event["jobs"] for event in service.events("buried")] == [1]


def test_one_worker_sweeps_and_another_takes_over_when_it_is_gone(service: Service, make_service: MakeService) -> None:
    first, second = service.worker.sweeper, make_service(create_table=False).worker.sweeper
    first.tick()
    service.redis.zadd(Key.LATER, {"a job that is due": 0})

    second.tick()
    assert service.redis.zcard(Key.LATER) == 1
    first.tick()
    assert service.redis.zcard(Key.LATER) == 0

    assert 0 < service.redis.pttl(Key.SWEEPER) <= 3000
    service.redis.delete(Key.SWEEPER)
    service.redis.zadd(Key.LATER, {"another that is due": 0})
    second.tick()
    assert service.redis.zcard(Key.LATER) == 0
