"""A worker's sign of life means that it takes jobs; what keeps it from that reaches the API."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from redis import Redis

from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.support.servers import RedisServer, wait_until
from tests.support.service import Service, worker_process

pytestmark = pytest.mark.slow

RIGHTS = "on >pw ~* &* +@all -@dangerous +info"  # As in docs/production.md.


@pytest.fixture
def admin(own_redis: RedisServer) -> Iterator[Redis]:
    with own_redis.client() as client:
        allow(client, RIGHTS)
        yield client


@pytest.fixture
def service(make_service: MakeService, own_redis: RedisServer, admin: Redis, tmp_path: Path) -> Service:
    """A service whose Redis user has the rights of the documentation and no more."""
    service = make_service(
        REDIS_URL=own_redis.url.replace("//", "//latchkey:pw@"),
        WORKER_STATE_PATH=str(tmp_path / "worker.json"),
        FORGOT_LIMIT_PER_EMAIL="1000/day",
    )
    service.add_user("anna@example.com")
    return service


@pytest.fixture
def worker(service: Service) -> Iterator[subprocess.Popen[bytes]]:
    with worker_process(service) as process:
        yield process


def allow(client: Redis, rights: str) -> None:
    client.execute_command("ACL", "SETUSER", "latchkey", *rights.split())  # type: ignore[no-untyped-call]


def run(service: Service, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "worker", *arguments]
    return subprocess.run(
        command, env=os.environ | service.environ, check=False, capture_output=True, text=True, timeout=30
    )


def status(service: Service, expected: str) -> Callable[[], bool]:
    return lambda: service.client.get("/readyz").json == {"status": expected}


def hints(service: Service) -> dict[str, str]:
    return {event["probe"]: event["hint"] for event in service.events("probe_failed")}


def test_the_documented_rights_are_enough_for_the_whole_story(
    service: Service, worker: subprocess.Popen[bytes], admin: Redis
) -> None:
    assert service.reset(service.newest_token()).status_code == 200
    wait_until(lambda: len(service.relay.mails) == 2, "no notice", 20)
    wait_until(status(service, "ok"), "the probes fail")
    assert run(service, "alive").stdout == "The worker lives.\n"
    assert run(service, "pending").returncode == 0
    assert admin.acl_log() == []


@pytest.mark.parametrize(
    ("rights", "told"),
    [
        ("resetchannels", "channels"),
        ("-@scripting", "the command EVAL"),
        ("-brpop", "the command BRPOP"),
        ("-publish", "the command PUBLISH"),
        ("-psubscribe", "the command PSUBSCRIBE"),
        ("resetkeys ~latchkey", "all keys"),
    ],
)
def test_a_missing_right_ends_the_start_of_a_worker(service: Service, admin: Redis, rights: str, told: str) -> None:
    allow(admin, rights)

    ended = run(service)

    assert ended.returncode == 1
    assert told in ended.stderr
    assert "ACL SETUSER NAME all" in ended.stderr


def test_a_consumer_that_cannot_connect_is_not_taken_for_alive(
    service: Service, worker: subprocess.Popen[bytes], admin: Redis
) -> None:
    wait_until(status(service, "ok"), "the worker is not seen")
    allow(admin, "resetchannels")

    wait_until(lambda: not admin.exists(Key.HEARTBEAT), "the heartbeat stays", 30)
    wait_until(status(service, "degraded"), "the API does not see it")
    wait_until(lambda: status(service, "degraded")() and "worker_redis_rights" in hints(service), "it is not told", 30)
    assert "its consumer is not connected" in hints(service)["worker_take_jobs"]
    assert "allchannels" in hints(service)["worker_redis_rights"]

    allow(admin, "allchannels")
    service.forgot("anna@example.com")
    wait_until(lambda: len(service.relay.mails) == 2, "the worker does not come back", 20)
    wait_until(status(service, "ok"), "the probes go on failing", 30)


def test_a_pool_that_is_stopped_is_not_taken_for_alive(
    service: Service, worker: subprocess.Popen[bytes], admin: Redis
) -> None:
    wait_until(status(service, "ok"), "the worker is not seen")
    children = psutil.Process(worker.pid).children()
    for child in children:
        child.send_signal(signal.SIGSTOP)
    try:
        wait_until(lambda: not admin.exists(Key.HEARTBEAT), "the heartbeat stays", 20)
        wait_until(status(service, "degraded"), "the API does not see it")
        ended = run(service, "alive")
    finally:
        for child in children:
            child.send_signal(signal.SIGCONT)

    assert (ended.returncode, "SIGSTOP" in ended.stderr) == (1, True)
    wait_until(status(service, "ok"), "it does not come back")


def test_a_worker_that_waits_for_redis_lives(
    service: Service, worker: subprocess.Popen[bytes], own_redis: RedisServer
) -> None:
    own_redis.stop()

    ended = run(service, "alive")

    own_redis.start()
    assert (ended.returncode, ended.stdout) == (0, "The worker lives.\n")
    with own_redis.client() as client:
        allow(client, RIGHTS)  # They were not saved.


def test_without_a_worker_nothing_lives(service: Service) -> None:
    ended = run(service, "alive")

    assert ended.returncode == 1
    assert "No worker runs here" in ended.stderr
