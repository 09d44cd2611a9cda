"""A frozen database, which does not even refuse connections: waits are bounded, and requests are still accepted."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.connections.waits import ANSWER_TIMEOUT, CONNECT_TIMEOUT
from tests.conftest import MakeService
from tests.support.servers import wait_until
from tests.support.service import Service

pytestmark = pytest.mark.slow


@pytest.fixture
def service_on_postgres(make_service: MakeService, postgres_url: str) -> Service:
    service = make_service(DATABASE_URL=postgres_url)
    service.add_user("anna@example.com")
    return service


@pytest.fixture
def token(service_on_postgres: Service) -> str:
    return service_on_postgres.link_for("anna@example.com")


@pytest.fixture
def frozen(service_on_postgres: Service, postgres: Any, token: str) -> Iterator[None]:
    """Freeze the server, including the processes behind our pooled connections."""
    backends = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
    found = [postgres.get_pid(), *(int(row[0]) for row in service_on_postgres.sql(backends))]
    for pid in found:
        os.kill(pid, signal.SIGSTOP)
    yield
    for pid in found:
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: ready(service_on_postgres), "the database does not recover", 15)


def ready(service: Service) -> bool:
    service.worker.sweeper.tick()
    return service.client.get("/readyz").json == {"status": "ok"}


@pytest.mark.usefixtures("frozen")
def test_a_reset_gets_503_within_a_bounded_time(service_on_postgres: Service, token: str) -> None:
    begun = time.monotonic()

    answer = service_on_postgres.reset(token)

    assert answer.status_code == 503
    assert time.monotonic() - begun < ANSWER_TIMEOUT + CONNECT_TIMEOUT + 2


@pytest.mark.usefixtures("frozen")
def test_readiness_quickly_says_degraded_and_blocks_nobody(service_on_postgres: Service) -> None:
    service = service_on_postgres
    service.worker.sweeper.tick()

    def look(_: int) -> tuple[str, float]:
        begun = time.monotonic()
        answer = service.app.test_client().get("/readyz")
        return answer.get_data(as_text=True), time.monotonic() - begun

    with ThreadPoolExecutor(8) as pool:
        looks = list(pool.map(look, range(8)))

    assert max(seconds for _, seconds in looks) < 2
    assert '{"status": "degraded"}\n' in [text for text, _ in looks]
    assert service.forgot("anna@example.com").status_code == 202
