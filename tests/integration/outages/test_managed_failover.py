"""A managed Redis changes its master behind one name and leaves the connections to the old one open."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import MakeService, require_redis
from tests.support.servers import RedisServer, wait_until
from tests.support.service import Service, worker_process
from tests.support.stand_ins.managed_redis import ManagedRedis
from tests.support.stand_ins.switch import Switch

pytestmark = pytest.mark.slow


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.fixture
def managed(tmp_path: Path) -> Iterator[ManagedRedis]:
    require_redis()
    one, two = RedisServer(made(tmp_path / "one")), RedisServer(made(tmp_path / "two"))
    one.start()
    two.start()
    with Switch(one.port) as name:
        yield ManagedRedis(one, two, name)
    one.stop()
    two.stop()


@pytest.fixture
def service(make_service: MakeService, managed: ManagedRedis) -> Service:
    service = make_service(REDIS_URL=managed.url, FORGOT_LIMIT_PER_EMAIL="1000/day")
    service.add_user("anna@example.com")
    return service


@pytest.fixture
def worker(service: Service) -> Iterator[subprocess.Popen[bytes]]:
    with worker_process(service) as process:
        yield process


def test_api_and_worker_follow_the_master_without_a_restart(
    service: Service, managed: ManagedRedis, worker: subprocess.Popen[bytes]
) -> None:
    for late in (0.0, 3.0):
        service.relay.empty()
        managed.fail_over(late)

        wait_until(lambda: service.forgot("anna@example.com").status_code == 202, "the API does not come back", 3)
        wait_until(lambda: service.relay.mails, "the worker does not come back", 5)
        wait_until(lambda: service.client.get("/readyz").json == {"status": "ok"}, "the probes fail", 5)

    assert worker.poll() is None
