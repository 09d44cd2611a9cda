"""The worker's database connection: one round trip per job besides the ping, and never a dead connection."""

from collections.abc import Generator
from typing import Any

import pytest

from shared.database.postgresql import BoundedConnection
from shared.users.users import Users
from tests.conftest import MakeService
from tests.support.servers import wait_until
from tests.support.service import Service


@pytest.fixture
def service(make_service: MakeService, postgres_url: str) -> Service:
    """A service whose worker has emailed Anna once, so it holds an open connection."""
    service = make_service(DATABASE_URL=postgres_url)
    service.add_user("anna@example.com")
    service.link_for("anna@example.com")
    return service


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch, service: Service) -> list[object]:
    """The waits for PostgreSQL, one for each round trip."""
    found: list[object] = []
    bounded = BoundedConnection._bounded

    def note(self: BoundedConnection, gen: Any) -> Generator[Any, Any, Any]:
        def noted() -> Generator[Any, Any, Any]:
            ready = None
            while True:
                try:
                    state = gen.send(ready)
                except StopIteration as end:
                    return end.value
                found.append(state)
                ready = yield state

        return bounded(self, noted())

    monkeypatch.setattr(BoundedConnection, "_bounded", note)
    return found


def users(service: Service) -> Users:
    return service.worker.intake.handlers.users


def test_a_look_up_is_one_exchange_besides_the_ping(service: Service, waits: list[object]) -> None:
    with service.worker.flask.app_context():
        users(service).find("anna@example.com")

    assert len(waits) == 2


def test_a_connection_closed_by_the_server_costs_no_retry(service: Service) -> None:
    others = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    service.sql(f"SELECT pg_terminate_backend(pid) {others}")
    wait_until(lambda: not service.sql(f"SELECT pid {others}"), "the connections are not closed")

    service.link_for("anna@example.com")

    assert not service.events("job_delayed")
    assert len(service.relay.mails) == 2
