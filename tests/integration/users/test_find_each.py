"""Several addresses are looked up with one query, and one that fails does not fail the others."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from shared.database.connections import db
from shared.users import find_each as module
from shared.users.find_each import find_each
from shared.users.user import User
from shared.users.users import Users
from tests.conftest import MakeService
from tests.support.service import Service

ADDRESSES = ["anna@example.com", "Berta@Example.com", "nobody@example.com", "жук@example.com", "clara@example.com"]
USERS = ["anna@example.com", "berta@example.com", "жук@example.com", "clara@example.com"]


@pytest.fixture(params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest, make_service: MakeService) -> Service:
    url = {"DATABASE_URL": request.getfixturevalue("postgres_url")} if request.param == "postgresql" else {}
    service = make_service(**url)
    for address in USERS:
        service.add_user(address)
    return service


@pytest.fixture
def users(service: Service) -> Iterator[Users]:
    with service.worker.flask.app_context():
        yield service.worker.intake.handlers.users


@pytest.fixture
def queries(users: Users) -> list[Any]:
    run: list[Any] = []
    event.listen(db.engine, "before_cursor_execute", lambda *call: run.append(call[2]))
    users.find("warm@example.com")
    run.clear()
    return run


def test_each_address_gets_its_own_users(users: Users) -> None:
    found = users.find_each(ADDRESSES)

    assert {address: [user.address for user in found[address]] for address in ADDRESSES} == {  # type: ignore[union-attr]
        "anna@example.com": ["anna@example.com"],
        "Berta@Example.com": ["berta@example.com"],
        "nobody@example.com": [],
        "жук@example.com": ["жук@example.com"],
        "clara@example.com": ["clara@example.com"],
    }
    assert found == {address: users.find(address) for address in ADDRESSES}


def test_all_addresses_in_ascii_share_one_query(users: Users, queries: list[Any]) -> None:
    users.find_each([f"u{number}@example.com" for number in range(90)])

    assert len([query for query in queries if "FROM users" in query]) == 1


def test_no_address_needs_no_query(users: Users, queries: list[Any]) -> None:
    assert users.find_each([]) == {}
    assert queries == []


def test_so_many_rows_that_some_may_be_missing_are_looked_up_alone(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_ROWS_TOGETHER", 1)

    found = users.find_each(ADDRESSES)

    assert found == {address: users.find(address) for address in ADDRESSES}


def test_a_row_that_fails_the_query_fails_only_its_own_address(make_service: MakeService, postgres_url: str) -> None:
    service = make_service(DATABASE_URL=postgres_url, USERS_FILTER="1 / length(password_hash) >= 0")
    for address in ("anna@example.com", "clara@example.com"):
        service.add_user(address)
    service.sql("UPDATE users SET password_hash = '' WHERE email = 'clara@example.com'")

    with service.worker.flask.app_context():
        found = service.worker.intake.handlers.users.find_each(["anna@example.com", "clara@example.com"])

    assert [user.address for user in found["anna@example.com"]] == ["anna@example.com"]  # type: ignore[union-attr]
    assert isinstance(found["clara@example.com"], SQLAlchemyError)


def test_a_database_that_is_away_is_asked_once(make_service: MakeService) -> None:
    service = make_service(DATABASE_URL="postgresql://anna@127.0.0.1:1/none", create_table=False)
    asked: list[str] = []

    def find(address: str) -> list[User]:
        asked.append(address)
        return []

    with service.worker.flask.app_context(), pytest.raises(OperationalError):
        find_each(ADDRESSES, service.worker.intake.handlers.users._together, find)

    assert asked == []
