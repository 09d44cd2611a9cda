"""A full Redis: nothing new is accepted, no accepted job is lost, and the queue can be drained."""

import asyncio
import importlib
import sys

import pytest
from flower.utils import broker
from kombu import Exchange, Queue

from shared.connections.redis_memory import memory_used
from shared.outbox.outbox import Outbox
from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.integration.conftest import job
from tests.support.outbox import stored, unfinished
from tests.support.servers import RedisServer, wait_until
from tests.support.service import Service, worker_process
from worker.queue.broker import QuickConnection
from worker.queue.dead_letters import DeadLetters

ADDRESS = "anna@example.com"
FULL = 1  # Byte of maxmemory: full, however much memory connections use.


@pytest.fixture
def service(make_service: MakeService, own_redis: RedisServer) -> Service:
    service = make_service(REDIS_URL=own_redis.url)
    service.add_user(ADDRESS)
    return service


def fill(service: Service) -> None:
    """Leave no free memory, as another application's keys would."""
    service.redis.config_set("maxmemory", service.redis.info("memory")["used_memory"] - 1)


def test_a_request_is_refused_with_nothing_written(service: Service) -> None:
    fill(service)

    assert service.forgot(ADDRESS).status_code == 503

    assert stored(service.redis) == []
    assert service.redis.keys(f"{Key.LIMITS}*") == []
    service.redis.config_set("maxmemory", 0)
    assert service.forgot(ADDRESS).status_code == 202


def test_a_reset_is_refused_with_nothing_changed(service: Service) -> None:
    token = service.link_for(ADDRESS)
    stored = service.stored_hash(ADDRESS)
    fill(service)

    assert service.reset(token).status_code == 503

    assert service.stored_hash(ADDRESS) == stored


@pytest.mark.parametrize("answer", ["250 OK", "451 later", "550 5.1.1 no such user"])
def test_accepted_jobs_are_processed(service: Service, answer: str) -> None:
    service.forgot(ADDRESS)
    fill(service)
    service.relay.answer_to_data = answer

    service.worker.sweeper.tick()
    service.work()

    places = {key.name.lower(): service.redis.exists(key) for key in (Key.JOBS, Key.LATER, Key.DEAD)}
    assert places == {"jobs": answer[0] == "4", "later": answer[0] == "4", "dead": answer[0] == "5"}
    assert service.relay.recipients() == ([ADDRESS] if answer == "250 OK" else [])


def test_the_jobs_of_a_dead_worker_are_put_back(service: Service) -> None:
    service.forgot(ADDRESS)
    (identity,) = service.redis.hkeys(Key.JOBS)
    service.worker.intake.consumer.claim("a worker that died", 30, 1)
    service.redis.zadd(Key.LEASED, {str(identity): 1})
    fill(service)

    service.work()

    assert service.relay.recipients() == [ADDRESS]


@pytest.mark.slow
def test_a_worker_that_starts_delivers_accepted_jobs(service: Service) -> None:
    service.forgot(ADDRESS)
    service.redis.config_set("maxmemory", FULL)

    # worker_process() waits for this first email; its own request is refused.
    with worker_process(service):
        assert service.relay.recipients() == [ADDRESS]

    assert unfinished(service.redis) == 0


@pytest.mark.slow
def test_a_worker_whose_connections_break_delivers_waiting_jobs(service: Service) -> None:
    outbox, waiting = Outbox(service.redis), job()
    with worker_process(service) as worker:
        outbox.add_delayed(waiting, 3600)
        service.redis.config_set("maxmemory", FULL)
        service.redis.client_kill_filter(_type="normal", skipme=True)
        outbox.promote(waiting.id)

        wait_until(lambda: len(service.relay.mails) == 2, "the worker does not recover")
        assert worker.poll() is None


def test_a_worker_goes_on_listening_for_remote_control(service: Service) -> None:
    with QuickConnection(service.environ["REDIS_URL"]) as connection:  # type: ignore[no-untyped-call]
        channel = connection.default_channel
        Queue("pidbox", Exchange("pidbox", type="fanout"), expires=1200.0, channel=channel).declare()
        service.redis.delete("_kombu.binding.pidbox")
        fill(service)

        channel._refresh_bindings({"pidbox"})

    assert service.redis.exists("_kombu.binding.pidbox")


def test_buried_jobs_can_be_deleted(service: Service) -> None:
    service.forgot(ADDRESS)
    service.relay.answer_to_data = "550 5.1.1 no such user"
    service.work()
    service.redis.config_set("maxmemory", FULL)

    assert DeadLetters(Outbox(service.redis)).purge() == 1

    assert service.redis.exists(Key.DEAD, Key.BURIED) == 0


def test_flower_shows_the_queues_length(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    service.forgot(ADDRESS)
    service.redis.config_set("maxmemory", FULL)
    monkeypatch.setenv("REDIS_URL", service.environ["REDIS_URL"])
    monkeypatch.setattr(broker.RedisBase, "queues", broker.RedisBase.queues)
    monkeypatch.delitem(sys.modules, "worker.flower", raising=False)
    importlib.import_module("worker.flower")

    queues = asyncio.run(broker.Broker(service.environ["REDIS_URL"]).queues(["latchkey"]))

    assert queues == [{"name": "latchkey", "messages": 1}]


def test_the_memory_ratio_can_be_read(service: Service) -> None:
    assert memory_used(service.redis) is None
    fill(service)
    assert 0.9 < (memory_used(service.redis) or 0) < 1.5

    service.redis.acl_setuser("anna", enabled=True, nopass=True, keys="*", commands=["+@all", "-info"])
    service.redis.execute_command("AUTH", "anna", "any")  # type: ignore[no-untyped-call]
    assert memory_used(service.redis) is None
