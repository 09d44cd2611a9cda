"""USERS_EMAIL_MATCH=lower: stored capitals do not matter, an index serves the look-up, no other account is found."""

from itertools import product
from typing import Any

import pytest
from sqlalchemy import event

from shared.database.connections import db
from shared.users.look_up import MAX_ROWS
from tests.conftest import MakeService
from tests.integration.users.test_users import STORED
from tests.support.service import Service
from worker.handlers import MAX_PER_ADDRESS


def add(service: Service, *addresses: str) -> None:
    for stored in addresses:
        service.sql("INSERT INTO users (email, password_hash) VALUES (:stored, :hash)", stored=stored, hash=STORED)


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def service(request: pytest.FixtureRequest, make_service: MakeService) -> Service:
    return make_service(USERS_EMAIL_MATCH="lower", DATABASE_URL=request.getfixturevalue(request.param))


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("Bert@Example.com", "bert@example.com"),
        ("BERT@EXAMPLE.COM", "bErT@example.com"),
        ("Bert@B\u00fccher.example", "bert@xn--bcher-kva.example"),
        ("Bert@XN--BCHER-KVA.example", "BERT@b\u00fccher.example"),
        ("bert@example.com", "BERT@example.com"),
    ],
)
def test_an_account_is_found_whatever_its_capitals(service: Service, stored: str, typed: str) -> None:
    add(service, stored)

    assert service.reset(service.link_for(typed)).status_code == 200
    assert len(service.relay.mails) == 1


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("\u00e4nna@example.com", "\u00c4nna@example.com"),
        ("kim@example.com", "\u212aim@example.com"),
        ("mike@example.com", "m\u0130ke@example.com"),
        ("a%a@example.com", "anna@example.com"),
    ],
    ids=ascii,
)
def test_letters_beyond_ascii_are_not_taken_for_others(service: Service, stored: str, typed: str) -> None:
    add(service, stored)

    service.forgot(typed)
    service.work()

    assert service.relay.mails == []
    assert len(service.events("no_such_user")) == 1


def test_accounts_that_differ_in_capitals_get_a_mail_each(service: Service) -> None:
    add(service, "Anna@example.com", "anna@example.com")

    service.forgot("anna@example.com")
    service.work()

    assert sorted(service.relay.recipients()) == ["Anna@example.com", "anna@example.com"]


@pytest.mark.parametrize("typed", ["bert@example.com", "BERT@example.com"])
def test_other_spellings_of_a_stranger_do_not_push_an_account_out(service: Service, typed: str) -> None:
    """Where an application tells capitals apart, anybody may register more than are read, or get a mail."""
    spelt = ("".join(each) for each in product(*((letter, letter.upper()) for letter in "bertexample")))
    strangers = [f"{each[:4]}@{each[4:]}.com" for each in spelt]
    add(service, *[each for each in strangers if each not in {"bert@example.com", typed}][:150], "bert@example.com")

    service.forgot(typed)
    service.work()

    assert "bert@example.com" in service.relay.recipients()
    assert len(service.relay.mails) == MAX_PER_ADDRESS
    assert [event["accounts"] for event in service.events("many_accounts")] == [MAX_ROWS]


@pytest.mark.parametrize("match", ["exact", "lower"])
def test_the_look_up_is_one_query_that_an_index_serves(
    make_service: MakeService, postgres_url: str, match: str
) -> None:
    service = make_service(USERS_EMAIL_MATCH=match, DATABASE_URL=postgres_url)
    service.sql("CREATE INDEX by_lower_email ON users (lower(email))")
    rows = "SELECT 'U' || n || '@example.com', 'x' FROM generate_series(1, 5000) n"
    service.sql(f"INSERT INTO users (email, password_hash) {rows}")
    service.sql("ANALYZE users")
    run: list[tuple[str, Any]] = []
    with service.worker.flask.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *call: run.append((call[2], call[3])))
        service.worker.intake.handlers.users.find("u4711@example.com")
        run = [query for query in run if "FROM users" in query[0]]
        assert len(run) == 1
        with db.engine.connect() as connection:
            plan = "\n".join(row[0] for row in connection.exec_driver_sql("EXPLAIN " + run[0][0], run[0][1]))

    assert ("by_lower_email" if match == "lower" else "users_email_key") in plan
    assert "Seq Scan" not in plan
