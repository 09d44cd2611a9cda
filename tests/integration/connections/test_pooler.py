"""Behind a pooler in transaction mode each transaction may get another connection, with another past."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from shared.database import postgresql
from shared.database.connections import database_config
from shared.database.postgresql import BoundedConnection
from tests.conftest import MakeService, missing
from tests.support.service import Service
from tests.support.stand_ins.pgbouncer import PROGRAM, PgBouncer

MANY = 30


@pytest.fixture
def pooled_url(postgres_url: str, tmp_path: Path) -> Iterator[str]:
    if not PROGRAM.exists():
        missing(f"PgBouncer: no {PROGRAM}")
    with PgBouncer(postgres_url, tmp_path) as pooler:
        yield pooler.url


def test_many_links_and_resets_go_through_a_pooler(make_service: MakeService, pooled_url: str) -> None:
    service = make_service(DATABASE_URL=pooled_url, WEB_THREADS="8")
    addresses = [f"user{number}@example.com" for number in range(MANY)]
    for address in addresses:
        service.add_user(address)
        service.forgot(address)
    service.work()
    links = {str(message["To"]): service.token_of(message) for _, message in service.relay.mails}

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda link: reset(service, link), links.values()))

    assert answers == [200] * MANY
    service.work()
    assert len(service.relay.mails) == 2 * MANY
    assert service.events("unavailable") == service.events("job_delayed") == []


def reset(service: Service, link: str) -> int:
    body = {"token": link, "password": "correct horse battery staple"}
    return service.app.test_client().post("/reset-password", json=body).status_code


@pytest.mark.parametrize("address", ["postgres_url", "pooled_url"])
def test_a_long_statement_is_cancelled_and_the_connection_lives_on(
    request: pytest.FixtureRequest, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "STATEMENT_TIMEOUT", 0.3)
    connect = database_config(request.getfixturevalue(address), 1)["SQLALCHEMY_ENGINE_OPTIONS"]["creator"]

    with connect() as connection:
        assert isinstance(connection, BoundedConnection)
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(60)")
        connection.rollback()
        assert connection.execute("SELECT 1").fetchone() == (1,)
