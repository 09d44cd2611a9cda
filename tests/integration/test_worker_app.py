"""The assembled worker: its Celery task, the app for Flower, and how the programs start and stop."""

import importlib
import json
import os
import signal
import socket
import subprocess
import sys

import psutil
import pytest

from shared.outbox.jobs import DELIVER
from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.integration.conftest import job
from tests.support.outbox import unfinished
from tests.support.servers import RedisServer, free_port, wait_until
from tests.support.service import Service, worker_process
from worker.priority import NICENESS


def test_the_celery_task_takes_all_jobs_that_wait(service: Service) -> None:
    addresses = ["anna@example.com", "berta@example.com", "clara@example.com"]
    for address in addresses:
        service.add_user(address)
        service.forgot(address)
    assert service.redis.llen(Key.QUEUE) == 1

    service.worker.celery.tasks[DELIVER]("the id of a message")
    service.worker.departures.wait_until_empty()

    assert sorted(service.relay.recipients()) == addresses
    assert unfinished(service.redis) == 0


def test_a_task_without_redis_logs_the_outage_and_does_not_raise(make_service: MakeService) -> None:
    service = make_service(REDIS_URL="redis://127.0.0.1:1/0")

    service.worker.celery.tasks[DELIVER]("0" * 32)

    assert [event["error"] for event in service.events("jobs_left_to_the_sweeper")] == ["ConnectionError"]


def test_a_message_delivered_twice_sends_one_mail(service: Service) -> None:
    service.add_user("anna@example.com")
    service.forgot("anna@example.com")

    service.take()
    service.take()

    assert len(service.relay.mails) == 1


def test_a_job_that_is_too_old_is_dropped_and_logged(make_service: MakeService) -> None:
    service = make_service(MAIL_MAX_AGE="60")
    service.add_user("anna@example.com")
    service.forgot("anna@example.com")
    identity, entry = next(iter(service.redis.hgetall(Key.JOBS).items()))
    older = json.loads(entry)
    older["accepted_at"] -= 61
    service.redis.hset(Key.JOBS, identity, json.dumps(older))

    service.work()

    assert service.relay.mails == []
    assert len(service.events("dropped_too_old")) == 1


@pytest.mark.parametrize(("events", "expected"), [("", "true"), ("false", "false")])
def test_flower_gets_the_queue_the_broker_and_the_events_setting(
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
    assert [queue.name for queue in app.conf.task_queues] == [Key.QUEUE]
    assert os.environ["FLOWER_ENABLE_EVENTS"] == expected
    assert (os.environ["FLOWER_ADDRESS"], os.environ["FLOWER_READ_ONLY"]) == ("127.0.0.1", "true")


@pytest.mark.slow
@pytest.mark.parametrize("program", ["api", "worker"])
def test_a_program_without_settings_lists_every_problem_without_a_traceback(program: str) -> None:
    command = [sys.executable, "-m", program]
    ended = subprocess.run(
        command, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False, timeout=30
    )

    assert ended.returncode == 1
    assert "SECRET_KEY is missing" in ended.stderr
    assert "DATABASE_URL is missing" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_a_worker_finishes_its_mail_on_sigterm_and_takes_no_more(service: Service) -> None:
    service.add_user("anna@example.com")
    command = [sys.executable, "-m", "worker"]
    process = subprocess.Popen(command, env=os.environ | service.environ, stderr=subprocess.DEVNULL)
    try:
        service.forgot("anna@example.com")
        wait_until(lambda: service.relay.mails, "no email", 15)
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(15)
    service.forgot("anna@example.com")

    assert code == 0
    assert service.redis.llen(Key.QUEUE) == 1


@pytest.mark.slow
def test_an_api_whose_port_is_taken_exits_with_one_sentence(service: Service) -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as taken:
        environ = os.environ | service.environ | {"PORT": str(taken.getsockname()[1])}
        command = [sys.executable, "-m", "api"]
        ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=30)

    assert ended.returncode == 1
    assert "(Address already in use). Free it" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_an_api_with_an_invalid_host_exits_with_one_sentence(service: Service) -> None:
    environ = os.environ | service.environ | {"HOST": "a" * 70 + ".\u00e9"}
    command = [sys.executable, "-m", "api"]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=30)

    assert ended.returncode == 1
    assert "(no such host). Free it" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_an_api_with_more_threads_than_cores_starts_without_a_warning(service: Service) -> None:
    threads = 2 * (os.cpu_count() or 1) + 2
    environ = os.environ | service.environ | {"PORT": str(free_port()), "WEB_THREADS": str(threads)}
    with subprocess.Popen([sys.executable, "-m", "api"], env=environ, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        started = []
        for line in process.stderr:
            started.append(json.loads(line))
            if "Started worker" in started[-1]["event"]:
                break
        process.terminate()

    assert "Started worker" in started[-1]["event"]
    assert {line["level"] for line in started if line["logger"] == "_granian"} == {"info"}


@pytest.mark.slow
def test_worker_processes_have_lower_priority_and_share_their_parents_memory(service: Service) -> None:
    service.add_user("anna@example.com")
    with worker_process(service) as process:
        worker = psutil.Process(process.pid)
        niceness = [each.nice() for each in [worker, *worker.children()]]
        for _ in range(200):
            service.worker.outbox.add(job())
        wait_until(lambda: not unfinished(service.redis), "some jobs are not mailed", 30)

        memories = [child.memory_full_info() for child in worker.children()]

    assert niceness == [min(19, psutil.Process().nice() + NICENESS)] * 3
    assert [memory for memory in memories if memory.uss > 0.4 * memory.rss] == []
