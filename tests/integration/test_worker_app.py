"""The worker as it is put together: its task, its sweeper, and the app that Flower is given."""

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from shared.jobs import DELIVER, HEARTBEAT_KEY, QUEUE
from shared.outbox import Outbox
from tests.conftest import MakeService
from tests.servers import RedisServer, wait_until
from tests.service import Service, job_id
from worker.sweeper import LIMIT, Sweeper, sweeper_step


@pytest.fixture
def sweeper(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sweeper]:
    monkeypatch.setattr("worker.sweeper.TICK", 0.02)
    yield service.worker.sweeper
    service.worker.sweeper.stop()
    if service.worker.sweeper.is_alive():
        service.worker.sweeper.join()


def test_the_celery_task_delivers_the_job_it_is_given(service: Service) -> None:
    service.add_user("anna@example.com")
    service.forgot("anna@example.com")
    message = service.redis.rpop(QUEUE)

    service.worker.celery.tasks[DELIVER](job_id(str(message)))

    assert service.relay.recipients() == ["anna@example.com"]


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

    def fail(*_: object) -> None:
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


def test_a_sweeper_outlives_what_nobody_expected(
    service: Service, sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Outbox, "sweep", fail)
    sweeper.start()

    wait_until(lambda: len(service.events("sweeper_failed")) > 1, "it does not go on")


def test_one_tick_goes_on_while_there_is_more_to_put_back(service: Service) -> None:
    service.forgot("anna@example.com")
    entry = service.redis.hvals("outbox:jobs")[0]
    many = LIMIT * 2 + 5
    service.redis.hset("outbox:jobs", mapping={str(number): str(entry) for number in range(many)})
    service.redis.zadd("outbox:later", {str(number): 0 for number in range(many)})

    service.worker.sweeper.tick()

    assert service.redis.zcard("outbox:later") == 0
    assert service.redis.llen(QUEUE) == many + 1


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


def test_a_message_delivered_twice_mails_once(service: Service) -> None:
    service.add_user("anna@example.com")
    service.forgot("anna@example.com")
    identity = job_id(str(service.redis.rpop(QUEUE)))

    service.deliver(identity)
    service.deliver(identity)

    assert len(service.relay.mails) == 1


def test_a_job_too_old_is_dropped_with_an_alarm(make_service: MakeService) -> None:
    service = make_service(MAIL_MAX_AGE="60")
    service.add_user("anna@example.com")
    service.forgot("anna@example.com")
    identity, entry = next(iter(service.redis.hgetall("outbox:jobs").items()))
    older = json.loads(entry)
    older["accepted_at"] -= 61
    service.redis.hset("outbox:jobs", identity, json.dumps(older))

    service.work()

    assert service.relay.mails == []
    assert len(service.events("dropped_too_old")) == 1


@pytest.mark.parametrize(("events", "expected"), [("", "true"), ("false", "false")])
def test_flower_is_given_the_queue_the_broker_and_whether_to_turn_events_on(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, events: str, expected: str
) -> None:
    monkeypatch.setenv("REDIS_URL", redis_server.url)
    monkeypatch.setenv("WORKER_EVENTS", events)
    for name in ("FLOWER_ENABLE_EVENTS", "FLOWER_ADDRESS", "FLOWER_READ_ONLY"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.delitem(sys.modules, "worker.flower", raising=False)

    app = importlib.import_module("worker.flower").app

    assert app.conf.broker_url == redis_server.url
    assert [queue.name for queue in app.conf.task_queues] == [QUEUE]
    assert os.environ["FLOWER_ENABLE_EVENTS"] == expected
    assert (os.environ["FLOWER_ADDRESS"], os.environ["FLOWER_READ_ONLY"]) == ("127.0.0.1", "true")


@pytest.mark.parametrize("program", ["api", "worker"])
def test_a_program_without_settings_ends_with_every_problem_and_no_traceback(program: str) -> None:
    command = [sys.executable, "-m", program]
    ended = subprocess.run(
        command, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False, timeout=30
    )

    assert ended.returncode == 1
    assert "SECRET_KEY is missing" in ended.stderr
    assert "USERS_HASH_FORMAT is missing" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_worker_ends_by_sigterm_after_its_mail_and_takes_no_more(service: Service) -> None:
    service.add_user("anna@example.com")
    command = [sys.executable, "-m", "worker"]
    process = subprocess.Popen(command, env=os.environ | service.environ, stderr=subprocess.DEVNULL)
    try:
        service.forgot("anna@example.com")
        wait_until(lambda: service.relay.mails, "no mail", 15)
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(15)
    service.forgot("anna@example.com")

    assert code == 0
    assert service.redis.llen(QUEUE) == 1
