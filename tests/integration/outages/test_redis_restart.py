"""A worker survives a Redis outage, and works again soon after it."""

import signal
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.conftest import MakeService
from tests.support.servers import RedisServer, wait_until
from tests.support.service import Service, worker_process

pytestmark = pytest.mark.slow


@pytest.fixture
def service_on_own_redis(make_service: MakeService, own_redis: RedisServer) -> Service:
    service = make_service(REDIS_URL=own_redis.url, FORGOT_LIMIT_PER_EMAIL="1000/day")
    service.add_user("anna@example.com")
    return service


@pytest.fixture
def worker(service_on_own_redis: Service) -> Iterator[subprocess.Popen[bytes]]:
    with worker_process(service_on_own_redis) as process:
        yield process


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_mail_flows_soon_after_redis_is_back(
    service_on_own_redis: Service, own_redis: RedisServer, worker: subprocess.Popen[bytes], number: signal.Signals
) -> None:
    service = service_on_own_redis
    own_redis.stop(number)
    # Long enough for Celery's backoff to reach six seconds.
    time.sleep(7)
    own_redis.start()

    wait_until(lambda: service.forgot("anna@example.com").status_code == 202, "the API does not recover", 2)
    wait_until(lambda: len(service.relay.mails) == 2, "the worker does not recover", 3)

    assert worker.poll() is None


def test_a_worker_survives_a_redis_without_enough_replicas(
    service_on_own_redis: Service, worker: subprocess.Popen[bytes]
) -> None:
    service = service_on_own_redis
    service.redis.config_set("min-replicas-to-write", 1)
    # Long enough for the worker to get an error and try again.
    time.sleep(3)
    assert service.forgot("anna@example.com").status_code == 503
    service.redis.config_set("min-replicas-to-write", 0)

    assert service.forgot("anna@example.com").status_code == 202
    wait_until(lambda: len(service.relay.mails) == 2, "the worker does not recover", 5)
    assert worker.poll() is None
