"""Users tables found in practice: other column names, types, spellings and schemas."""

import uuid
from typing import Any

import pytest

from shared.database.connections import db
from shared.tokens import Tokens
from shared.users.users import Users
from tests.conftest import MakeService
from tests.support.hashes import encode
from tests.support.service import OLD_PASSWORD, SECRET, Service

STORED = encode(OLD_PASSWORD, "bcrypt")

COLUMNS = {
    "USERS_TABLE": "member",
    "USERS_ID_COLUMN": "member_no",
    "USERS_EMAIL_COLUMN": "Mail",
    "USERS_PASSWORD_COLUMN": "pw",
    "USERS_FILTER": "",
    "USERS_PASSWORD_CHANGED_COLUMN": "",
}


def with_table(make_service: MakeService, statements: list[str], **environ: str) -> Service:
    service = make_service(create_table=False, **(COLUMNS | environ))
    for statement in statements:
        service.sql(statement)
    return service


def insert(service: Service, identity: Any, address: str, table: str = "member") -> None:
    service.sql(
        f'INSERT INTO {table} (member_no, "Mail", pw) VALUES (:id, :address, :stored)',  # noqa: S608 - our own table
        id=identity,
        address=address,
        stored=STORED,
    )


@pytest.mark.parametrize(
    ("kind", "identity"),
    [
        ("UUID", uuid.UUID("6f1f0c3a-0000-4000-8000-00000000beef")),
        ("BIGINT", 9_000_000_000),
        ("VARCHAR(40)", "user-0017"),
        ("SMALLINT", 7),
        ("NUMERIC(20)", 12345),
    ],
)
def test_any_type_of_id_works_on_postgresql(
    make_service: MakeService, postgres_url: str, kind: str, identity: Any
) -> None:
    create = f'CREATE TABLE member (member_no {kind} PRIMARY KEY, "Mail" TEXT, pw TEXT)'
    service = with_table(make_service, [create], DATABASE_URL=postgres_url)
    insert(service, identity, "anna@example.com")

    assert service.reset(service.link_for("anna@example.com")).status_code == 200
    service.work()
    assert len(service.relay.mails) == 2


@pytest.mark.parametrize(("kind", "identity"), [("INTEGER", 5), ("CHAR(32)", "6f1f0c3a00004000800000000000beef")])
def test_any_type_of_id_works_on_sqlite(make_service: MakeService, kind: str, identity: Any) -> None:
    create = f'CREATE TABLE member (member_no {kind} PRIMARY KEY, "Mail" TEXT, pw TEXT)'
    service = with_table(make_service, [create])
    insert(service, identity, "anna@example.com")

    assert service.reset(service.link_for("anna@example.com")).status_code == 200


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
@pytest.mark.parametrize("kind", ["INTEGER", "VARCHAR(40)"])
def test_an_id_that_does_not_fit_the_column_finds_no_user(
    make_service: MakeService, request: pytest.FixtureRequest, database: str, kind: str
) -> None:
    create = f'CREATE TABLE member (member_no {kind} PRIMARY KEY, "Mail" TEXT, pw TEXT)'
    service = with_table(make_service, [create], DATABASE_URL=request.getfixturevalue(f"{database}_url"))
    insert(service, 5, "anna@example.com")
    insert(service, 50, "bert@example.com")
    users = Users(service.settings, db)
    others = ["user-0017", "05", " 5", "+5", "5_0", "\u0665", "5.0", "9" * 30, "9" * 5000, "", "\x00", "\ud800"]

    with service.app.app_context():
        assert [written for written in others if users.with_link(written)] == []
        assert len(users.with_link("5")) == 1


def test_the_table_may_be_in_a_schema(make_service: MakeService, postgres_url: str) -> None:
    create = 'CREATE TABLE shop.member (member_no INTEGER PRIMARY KEY, "Mail" TEXT, pw TEXT)'
    statements = ["DROP SCHEMA IF EXISTS shop CASCADE", "CREATE SCHEMA shop", create]
    service = with_table(make_service, statements, DATABASE_URL=postgres_url, USERS_TABLE="shop.member")
    insert(service, 1, "anna@example.com", "shop.member")

    assert service.reset(service.link_for("anna@example.com")).status_code == 200


def test_a_filter_may_hold_percent_signs_colons_and_casts(make_service: MakeService, postgres_url: str) -> None:
    create = 'CREATE TABLE member (member_no INTEGER PRIMARY KEY, "Mail" TEXT, pw TEXT, state TEXT)'
    condition = "state LIKE 'ok:%' AND now()::date > '2000-01-01'"
    service = with_table(make_service, [create], DATABASE_URL=postgres_url, USERS_FILTER=condition)
    insert(service, 1, "anna@example.com")
    insert(service, 2, "ben@example.com")
    service.sql("UPDATE member SET state = CASE member_no WHEN 1 THEN 'ok' || chr(58) || 'yes' ELSE 'no' END")

    for address in ("anna@example.com", "ben@example.com"):
        service.forgot(address)
    service.work()

    assert service.relay.recipients() == ["anna@example.com"]
    assert service.reset(service.newest_token()).status_code == 200


def test_accounts_without_a_password_do_not_hide_others_of_the_same_mailbox(service: Service) -> None:
    service.sql("DROP TABLE users")
    service.sql(
        "CREATE TABLE users (id INTEGER, email TEXT, password_hash TEXT, is_active BOOLEAN, password_changed_at TEXT)"
    )
    for number in range(20):
        stored = STORED if number == 19 else "!"
        service.sql("INSERT INTO users VALUES (:id, 'anna@example.com', :stored, true, NULL)", id=number, stored=stored)

    service.forgot("anna@example.com")
    service.work()

    assert service.relay.recipients() == ["anna@example.com"]


def test_erasing_the_address_makes_the_link_void(service: Service) -> None:
    service.sql("DROP TABLE users")
    service.sql(
        "CREATE TABLE users (id INTEGER, email TEXT, password_hash TEXT, is_active BOOLEAN, password_changed_at TEXT)"
    )
    service.sql("INSERT INTO users VALUES (1, 'anna@example.com', :stored, true, NULL)", stored=STORED)
    token = service.link_for("anna@example.com")

    service.sql("UPDATE users SET email = NULL")

    assert service.check(token).status_code == 400
    assert service.reset(token).status_code == 400


def test_a_link_to_a_row_with_an_invalid_address_is_void(service: Service) -> None:
    service.add_user("anna@example.com")
    address = "anna@example.com, eve@example.com"
    service.sql("UPDATE users SET email = :address", address=address)
    token = Tokens([SECRET], 1800).issue("1", service.stored_hash(address), address)

    assert service.check(token).status_code == 400
    assert service.reset(token).status_code == 400
