"""A managed Redis changes its master behind one name and leaves the connections to the old one open."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import MakeService, require_redis
from tests.support.servers import RedisServer, wait_until
from tests.support.service import Service, worker_process
from tests.support.switch import Switch

pytestmark = pytest.mark.slow


class ManagedRedis:
    """A master and a replica behind one name."""

    def __init__(self, master: RedisServer, replica: RedisServer, name: Switch) -> None:
        self.master, self.replica, self.name = master, replica, name
        self.url = f"redis://127.0.0.1:{name.port}/0"
        self._follow(replica, master)

    def fail_over(self, late: float) -> None:
        """Make the replica the master. Only new connections reach it, and only those of `late` seconds later."""
        with self.replica.client() as client:
            client.replicaof("NO", "ONE")
        self._follow(self.master, self.replica)
        time.sleep(late)
        self.name.target = self.replica.port
        self.master, self.replica = self.replica, self.master

    def _follow(self, replica: RedisServer, master: RedisServer) -> None:
        with replica.client() as client:
            client.replicaof("127.0.0.1", master.port)
        wait_until(lambda: self._in_step(replica), "the replica does not follow")

    def _in_step(self, replica: RedisServer) -> bool:
        with replica.client() as client:
            return bool(client.info("replication").get("master_link_status") == "up")


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
