"""A frozen database, which does not even refuse connections: waits are bounded, and requests are still accepted."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from shared.database.connections import db
from shared.database.waits import ANSWER_TIMEOUT, CONNECT_TIMEOUT
from tests.conftest import MakeService
from tests.support.servers import wait_until
from tests.support.service import Service

pytestmark = pytest.mark.slow


@pytest.fixture(params=["postgres", "mariadb"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def service_on_it(request: pytest.FixtureRequest, make_service: MakeService, kind: str) -> Service:
    service = make_service(DATABASE_URL=request.getfixturevalue(f"{kind}_url"))
    service.add_user("anna@example.com")
    return service


@pytest.fixture
def token(service_on_it: Service) -> str:
    return service_on_it.link_for("anna@example.com")


@pytest.fixture
def frozen(request: pytest.FixtureRequest, service_on_it: Service, kind: str, token: str) -> Iterator[None]:
    """Freeze the server, including the processes behind our pooled connections."""
    assert token
    server = request.getfixturevalue(kind)
    if kind == "mariadb":
        found = [server.pid]
    else:
        backends = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
        found = [server.get_pid(), *(int(row[0]) for row in service_on_it.sql(backends))]
    for pid in found:
        os.kill(pid, signal.SIGSTOP)
    yield
    for pid in found:
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: ready(service_on_it), "the database does not recover", 15)


def ready(service: Service) -> bool:
    service.worker.sweeper.tick()
    return service.client.get("/readyz").json == {"status": "ok"}


@pytest.mark.usefixtures("frozen")
def test_a_reset_gets_503_within_a_bounded_time(service_on_it: Service, token: str) -> None:
    begun = time.monotonic()

    answer = service_on_it.reset(token)

    assert answer.status_code == 503
    assert time.monotonic() - begun < ANSWER_TIMEOUT + CONNECT_TIMEOUT + 2


@pytest.mark.usefixtures("frozen")
def test_readiness_quickly_says_degraded_and_blocks_nobody(service_on_it: Service) -> None:
    service = service_on_it
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


def test_a_row_that_somebody_has_locked_holds_no_thread_for_long(service_on_it: Service, token: str) -> None:
    service = service_on_it
    stored = service.stored_hash("anna@example.com")
    with service.app.app_context(), db.engine.begin() as other:
        other.execute(text("UPDATE users SET is_active = true WHERE email = 'anna@example.com'"))
        begun = time.monotonic()

        answer = service.reset(token)

        assert answer.status_code == 503
        assert time.monotonic() - begun < ANSWER_TIMEOUT + CONNECT_TIMEOUT + 2
    assert service.stored_hash("anna@example.com") == stored
    assert service.reset(token).status_code == 200
