"""Redis behind real sentinels: the service works the same, and a failover is a short outage."""

import asyncio
import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from flower.utils import broker

from tests.conftest import MakeService, require_redis
from tests.integration.connections.sentinels import SentinelSet
from tests.support.outbox import unfinished
from tests.support.servers import wait_until
from tests.support.service import Service, worker_process

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def open_set(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SentinelSet]:
    """A set without passwords."""
    require_redis()
    with SentinelSet(tmp_path_factory.mktemp("open")) as servers:
        yield servers


@pytest.fixture(scope="module")
def locked_set(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SentinelSet]:
    """A set whose servers have one password and whose sentinels have another."""
    require_redis()
    with SentinelSet(tmp_path_factory.mktemp("locked"), "p@ss;w/rd:1", "se&nti+nel") as servers:
        yield servers


def service_on(servers: SentinelSet, make_service: MakeService) -> Service:
    """Make a service on an empty database; the first of its four sentinels is dead."""
    service = make_service(REDIS_URL=servers.url(first=(1,), db=3), FORGOT_LIMIT_PER_EMAIL="1000/day")
    service.redis.flushdb()
    service.add_user("anna@example.com")
    return service


@pytest.mark.parametrize("kind", ["open_set", "locked_set"])
def test_a_link_from_the_mail_sets_the_password_with_the_first_sentinel_dead(
    kind: str, request: pytest.FixtureRequest, make_service: MakeService
) -> None:
    servers: SentinelSet = request.getfixturevalue(kind)
    service = service_on(servers, make_service)

    token = service.link_for("anna@example.com")

    assert service.reset(token).status_code == 200
    assert service.forgot("nobody@example.com").status_code == 202
    with servers.master.client(db=3) as client:
        assert unfinished(client) == 2


def test_flower_measures_the_queue_with_the_first_sentinel_dead(
    open_set: SentinelSet, make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = service_on(open_set, make_service)
    service.forgot("anna@example.com")
    monkeypatch.setenv("REDIS_URL", service.environ["REDIS_URL"])
    monkeypatch.setattr(broker, "RedisSentinel", broker.RedisSentinel)
    monkeypatch.setattr(broker.RedisBase, "queues", broker.RedisBase.queues)
    monkeypatch.delitem(sys.modules, "worker.flower", raising=False)
    app = importlib.import_module("worker.flower").app

    url, options = app.connection().as_uri(include_password=True), app.conf.broker_transport_options
    queues = asyncio.run(broker.Broker(url, broker_options=options).queues(["latchkey"]))

    assert queues == [{"name": "latchkey", "messages": 1}]


def test_a_worker_survives_the_demotion_of_its_master(open_set: SentinelSet, make_service: MakeService) -> None:
    service = service_on(open_set, make_service)
    with worker_process(service) as worker, open_set.master.client() as operator:
        operator.replicaof("127.0.0.1", "1")
        answer = service.forgot("anna@example.com")
        operator.replicaof("NO", "ONE")

        assert answer.status_code == 503
        assert service.forgot("anna@example.com").status_code == 202
        # A message popped into the lost connection is put back after ten seconds.
        wait_until(lambda: len(service.relay.mails) == 2, "the worker does not recover", 20)
        assert worker.poll() is None


def test_a_worker_that_starts_on_a_full_master_delivers_accepted_jobs(
    open_set: SentinelSet, make_service: MakeService
) -> None:
    service = service_on(open_set, make_service)
    service.forgot("anna@example.com")
    service.redis.config_set("maxmemory", 1)
    try:
        with worker_process(service):
            assert service.relay.recipients() == ["anna@example.com"]
    finally:
        service.redis.config_set("maxmemory", 0)


def test_inspecting_a_worker_reveals_no_password(locked_set: SentinelSet, make_service: MakeService) -> None:
    service = service_on(locked_set, make_service)
    inspect = [sys.executable, "-m", "celery", "--app", "worker.flower", "inspect", "stats"]
    with worker_process(service):
        asked = subprocess.run(inspect, env=os.environ | service.environ, capture_output=True, text=True, check=True)

    assert "sentinel://:**@" in asked.stdout
    assert [word for word in ("p@ss", "p%40ss", "se&nti", "se%26nti") if word in asked.stdout] == []


def test_mail_flows_soon_after_the_master_was_killed(locked_set: SentinelSet, make_service: MakeService) -> None:
    service = service_on(locked_set, make_service)
    with worker_process(service) as worker:
        locked_set.master.stop(signal.SIGKILL)
        refused = service.forgot("anna@example.com")

        assert refused.status_code == 503
        wait_until(lambda: service.forgot("anna@example.com").status_code == 202, "the API does not recover", 9)
        wait_until(lambda: len(service.relay.mails) >= 2, "the worker does not recover", 6)
        assert worker.poll() is None
