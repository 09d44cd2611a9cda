"""Users tables as teams have them: other names, types, spellings and schemas."""

import unicodedata
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event

from api.passwords import encode
from tests.conftest import MakeService
from tests.service import OLD_PASSWORD, Service

STORED = encode(OLD_PASSWORD, "bcrypt", 4)

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


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("anna@example.com", "Anna@Example.COM"),
        ("Anna@example.com", "Anna@example.com"),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("anna@xn--bcher-kva.example", "Anna@BÜCHER.example"),
        ("anna+shop@example.com", "anna+shop@example.com"),
    ],
)
def test_a_mailbox_is_found_however_it_is_typed(service: Service, stored: str, typed: str) -> None:
    service.sql("INSERT INTO users (email, password_hash) VALUES (:stored, :hash)", stored=stored, hash=STORED)

    service.forgot(typed)
    service.work()

    domain = stored.partition("@")[2].encode("idna").decode()
    assert service.relay.recipients() == [f"{stored.partition('@')[0]}@{domain}"]


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("mike@example.org", "m\u0131ke@example.org"),
        ("kim@example.org", "\u212aim@example.org"),
        ("anna@example.org", "anna+x@example.org"),
        ("an%@example.org", "anna@example.org"),
    ],
)
def test_an_address_that_only_looks_alike_is_not_found(service: Service, stored: str, typed: str) -> None:
    service.sql("INSERT INTO users (email, password_hash) VALUES (:stored, :hash)", stored=stored, hash=STORED)

    service.forgot(typed)
    service.work()

    assert service.relay.mails == []


@pytest.fixture
def _loose() -> Iterator[None]:
    """Teach SQLite a collation that passes over accents, as some databases do."""

    def teach(connection: Any, _record: Any) -> None:
        connection.create_collation("LOOSE", lambda one, other: bare(one) != bare(other))

    event.listen(Engine, "connect", teach)
    yield
    event.remove(Engine, "connect", teach)


@pytest.mark.usefixtures("_loose")
def test_a_database_that_compares_more_loosely_mails_nobody_else(make_service: MakeService) -> None:
    create = 'CREATE TABLE member (member_no INTEGER PRIMARY KEY, "Mail" TEXT COLLATE LOOSE, pw TEXT)'
    service = with_table(make_service, [create])
    insert(service, 1, "ana@example.com")

    for typed in ("\u00e1na@example.com", "ana@example.com"):
        service.forgot(typed)
    service.work()

    assert service.relay.recipients() == ["ana@example.com"]
    assert len(service.events("no_such_user")) == 1


def bare(text: str) -> str:
    return unicodedata.normalize("NFD", text).encode("ascii", "ignore").decode()


def test_two_accounts_that_differ_in_case_get_a_mail_each_for_their_own(service: Service) -> None:
    for stored in ("Anna@example.com", "anna@example.com"):
        service.sql("INSERT INTO users (email, password_hash) VALUES (:stored, :hash)", stored=stored, hash=STORED)

    service.forgot("Anna@example.com")
    service.work()

    assert sorted(service.relay.recipients()) == ["Anna@example.com", "anna@example.com"]
    assert service.redis.hlen("outbox:jobs") == 0
    ids = {message["Message-ID"] for _, message in service.relay.mails}
    assert len(ids) == 2


def test_accounts_without_a_password_hide_no_other_account_of_the_same_mailbox(service: Service) -> None:
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


def test_an_address_that_was_erased_makes_the_link_void(service: Service) -> None:
    service.sql("DROP TABLE users")
    service.sql(
        "CREATE TABLE users (id INTEGER, email TEXT, password_hash TEXT, is_active BOOLEAN, password_changed_at TEXT)"
    )
    service.sql("INSERT INTO users VALUES (1, 'anna@example.com', :stored, true, NULL)", stored=STORED)
    token = service.link_for("anna@example.com")

    service.sql("UPDATE users SET email = NULL")

    assert service.check(token).status_code == 400
    assert service.reset(token).status_code == 400
