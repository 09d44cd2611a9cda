"""The sweeper in its thread: it lives as long as the worker, and puts back what was not finished."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from shared.outbox.jobs import HEARTBEAT_KEY, QUEUE, Job, new_id
from shared.outbox.outbox import ROOM, Outbox
from tests.conftest import MakeService
from tests.support.servers import wait_until
from tests.support.service import Service, job_id
from worker.queue.sweeper import HEARTBEAT, LIMIT, LOCK, MOST_SWEEPS, Sweeper, sweeper_step


@pytest.fixture
def sweeper(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sweeper]:
    monkeypatch.setattr("worker.queue.sweeper.TICK", 0.02)
    yield service.worker.sweeper
    service.worker.sweeper.stop()
    if service.worker.sweeper.is_alive():
        service.worker.sweeper.join()


def test_the_step_runs_the_sweeper_as_long_as_the_worker_lives(service: Service, sweeper: Sweeper) -> None:
    step = sweeper_step(sweeper)(None)

    step.start(None)
    wait_until(lambda: service.redis.exists(HEARTBEAT_KEY), "no heartbeat")
    step.stop(None)

    sweeper.join(2)
    assert not sweeper.is_alive()
    assert not service.redis.exists(HEARTBEAT_KEY)


def test_a_sweeper_outlives_a_failure_of_redis_and_tells_it_once(
    service: Service, sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = []

    def fail(*_: object, **__: object) -> None:
        failures.append(1)
        raise RedisConnectionError

    sweep = Outbox.sweep
    monkeypatch.setattr(Outbox, "sweep", fail)
    sweeper.start()
    wait_until(lambda: len(failures) > 2, "it does not go on")
    monkeypatch.setattr(Outbox, "sweep", sweep)
    service.forgot("anna@example.com")
    service.redis.delete(HEARTBEAT_KEY)

    wait_until(lambda: service.redis.exists(HEARTBEAT_KEY), "it does not come back")
    assert len(service.events("redis_away")) == 1


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_process_that_is_forked_while_the_sweeper_talks_to_redis_can_talk_to_it_too(service: Service) -> None:
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
        service.worker.delivery.outbox.claim("0" * 32, "the child", 1)
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


def test_a_sweeper_outlives_what_nobody_expected(
    service: Service, sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Outbox, "sweep", fail)
    sweeper.start()

    wait_until(lambda: len(service.events("sweeper_failed")) > 1, "it does not go on")


def test_one_tick_goes_on_while_there_is_more_to_put_back(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.queue.sweeper.BREATH", 0)
    many = LIMIT * 2 + 5
    put(service, "leased", many)

    service.worker.sweeper.tick()

    assert service.redis.zcard("outbox:leased") == 0
    assert service.redis.llen(QUEUE) == many


def test_a_backlog_that_is_due_leaves_room_in_the_queue_and_is_worked_off(service: Service) -> None:
    many = ROOM * 2 + 5
    put(service, "later", many)
    service.worker.sweeper.sweep()
    before = service.redis.llen(QUEUE)
    waiting = service.redis.zcard("outbox:later")

    service.work()

    # One more in each sweep, so that a queue that is never short stops nobody for ever.
    assert before == ROOM + MOST_SWEEPS - 1
    assert waiting == many - before
    assert service.redis.hlen("outbox:jobs") == 0


def put(service: Service, place: str, many: int) -> None:
    """Put so many jobs for nobody into a place, and let them be due there."""
    jobs = [Job(new_id(), "over_quota", "request", "hash", time.time()) for _ in range(many)]
    service.redis.hset("outbox:jobs", mapping={job.id: job.entry() for job in jobs})
    service.redis.zadd(f"outbox:{place}", {job.id: 0 for job in jobs})


def test_what_a_dead_worker_held_is_put_back_and_logged(service: Service) -> None:
    service.add_user("anna@example.com")
    service.forgot("anna@example.com")
    message = service.redis.rpop(QUEUE)
    identity = job_id(str(message))
    service.worker.delivery.outbox.claim(identity, "a worker that died", 30)
    service.redis.zadd("outbox:leased", {identity: 1})

    service.work()

    assert service.relay.recipients() == ["anna@example.com"]
    assert [event["lost_leases"] for event in service.events("swept")] == [1]


def test_a_job_that_kills_every_worker_is_buried_and_logged(service: Service) -> None:
    service.forgot("anna@example.com")
    identity = job_id(str(service.redis.rpop(QUEUE)))
    service.redis.hset("outbox:lost", identity, 5)
    service.worker.delivery.outbox.claim(identity, "the sixth", 30)
    service.redis.zadd("outbox:leased", {identity: 1})

    service.worker.sweeper.tick()

    assert service.redis.hexists("outbox:dead", identity)
    assert [event["jobs"] for event in service.events("buried")] == [1]


def test_one_worker_sweeps_and_another_takes_over_when_it_is_gone(service: Service, make_service: MakeService) -> None:
    first, second = service.worker.sweeper, make_service(create_table=False).worker.sweeper
    first.tick()
    service.redis.zadd("outbox:later", {"a job that is due": 0})

    second.tick()
    assert service.redis.zcard("outbox:later") == 1
    first.tick()
    assert service.redis.zcard("outbox:later") == 0

    assert 0 < service.redis.pttl("worker:sweeper") <= LOCK
    service.redis.delete("worker:sweeper")
    service.redis.zadd("outbox:later", {"another that is due": 0})
    second.tick()
    assert service.redis.zcard("outbox:later") == 0


def test_histories_are_the_first_to_give_way_where_memory_is_short(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.forgot("ben@example.com")
    monkeypatch.setattr("worker.queue.sweeper.memory_used", lambda _: 0.61)
    service.worker.sweeper.tick()

    service.forgot("anna@example.com")
    service.work()

    assert service.redis.keys("history:*") == ["history:off"]
    assert 0 < service.redis.ttl("history:off") <= HEARTBEAT
    assert service.redis.hlen("outbox:jobs") == 0
