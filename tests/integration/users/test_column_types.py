"""Types of ids and password hashes found in practice: what can be compared as text works."""

import uuid
from typing import Any

import pytest

from shared.database.connections import db
from shared.users.users import Users
from tests.conftest import MakeService
from tests.integration.users.test_users import STORED, insert, with_table
from tests.support.service import Service

UUID = "6f1f0c3a-0000-4000-8000-00000000beef"
BYTES = uuid.UUID(UUID).bytes

POSTGRESQL_IDS = {
    "a domain over uuid": ("CREATE DOMAIN member_id AS uuid", "member_id", uuid.UUID(UUID)),
    "a domain over a domain": (
        "CREATE DOMAIN code AS varchar(10); CREATE DOMAIN member_id AS code CHECK (VALUE LIKE 'M%')",
        "member_id",
        "M17",
    ),
    "bytea": ("", "bytea", BYTES),
    "citext": ("CREATE EXTENSION citext", "citext", "Anna"),
    "an extension's type": ("CREATE EXTENSION ltree", "ltree", "staff.anna"),
    "an enum": ("CREATE TYPE name AS ENUM ('anna', 'ben')", "public.name", "anna"),
    "a type without an order": ("", "xid", "17"),
    "padded characters": ("", "char(40)", "anna"),
    "a network address": ("", "inet", "192.0.2.7"),
    "a number with decimals": ("", "numeric(10, 2)", "17.50"),
    "a float": ("", "double precision", 17.0),
    "a date": ("", "timestamptz", "2026-11-29 10:00:00+00"),
}
SQLITE_IDS = {
    "uuid as text": ("UUID", UUID),
    "blob": ("BLOB", BYTES),
    "an empty blob": ("BLOB", b""),
    "no type": ("", 17),
    "text in a column without type": ("", "17"),
    "a number that is stored as text": ("TEXT", "017"),
    "large": ("BIGINT", 2**63 - 1),
    "float": ("REAL", 17.0),
    "a float that was an uuid of digits alone": ("UUID", 12345678901234567890123456789012.0),
    "a float in a column without type": ("", 0.1),
}


def set_passwords(service: Service) -> list[Any]:
    """Ask for a link for Anna, use it, and return the ids whose hash is new."""
    assert service.reset(service.link_for("anna@example.com")).status_code == 200
    service.work()
    assert len(service.relay.mails) == 2
    return [row[0] for row in service.sql("SELECT member_no FROM member WHERE pw <> :stored", stored=STORED)]


@pytest.mark.parametrize(("prepare", "kind", "identity"), POSTGRESQL_IDS.values(), ids=POSTGRESQL_IDS)
def test_an_id_of_any_type_of_postgresql_works(
    make_service: MakeService, postgres_url: str, prepare: str, kind: str, identity: Any
) -> None:
    create = f'CREATE TABLE member (member_no {kind}, "Mail" TEXT, pw TEXT)'
    service = with_table(make_service, [*filter(None, prepare.split("; ")), create], DATABASE_URL=postgres_url)
    service.sql(f"INSERT INTO member VALUES (CAST(:id AS {kind}), 'anna@example.com', :pw)", id=identity, pw=STORED)  # noqa: S608

    assert len(set_passwords(service)) == 1


@pytest.mark.parametrize(("kind", "identity"), SQLITE_IDS.values(), ids=SQLITE_IDS)
def test_an_id_of_any_type_of_sqlite_works(make_service: MakeService, kind: str, identity: Any) -> None:
    service = with_table(make_service, [f'CREATE TABLE member (member_no {kind}, "Mail" TEXT, pw TEXT)'])
    insert(service, identity, "anna@example.com")

    assert set_passwords(service) == [identity]


HASHES: dict[str, tuple[str, str, str | bytes]] = {
    "blob": ("sqlite", "BLOB", STORED.encode()),
    "blob in a text column": ("sqlite", "TEXT", STORED.encode()),
    "bytea": ("postgres", "bytea", STORED.encode()),
    "padded characters": ("postgres", "char(100)", STORED),
    "citext": ("postgres", "citext", STORED),
    "a domain": ("postgres", "hash", STORED),
}


@pytest.mark.parametrize(("database", "kind", "stored"), HASHES.values(), ids=HASHES)
def test_a_hash_keeps_the_type_of_its_column(
    make_service: MakeService, request: pytest.FixtureRequest, database: str, kind: str, stored: str | bytes
) -> None:
    service = with_table(make_service, [], DATABASE_URL=request.getfixturevalue(f"{database}_url"))
    if database == "postgres":
        service.sql("CREATE EXTENSION citext; CREATE DOMAIN hash AS varchar(70)")
    service.sql(f'CREATE TABLE member (member_no INTEGER PRIMARY KEY, "Mail" TEXT, pw {kind})')
    service.sql("INSERT INTO member VALUES (1, 'anna@example.com', :stored)", stored=stored)
    token = service.link_for("anna@example.com")

    assert service.reset(token).status_code == 200
    assert service.reset(token).status_code == 400
    (now,) = service.sql("SELECT pw FROM member")[0]
    assert type(now) is type(stored)
    assert (now if isinstance(now, str) else now.decode()).startswith("$2b$04$")


@pytest.mark.parametrize("kind", ["timestamp", "timestamptz", "date"])
def test_the_time_of_the_change_is_written_in_the_columns_own_type(
    make_service: MakeService, postgres_url: str, kind: str
) -> None:
    create = f'CREATE TABLE member (member_no INTEGER PRIMARY KEY, "Mail" TEXT, pw TEXT, changed {kind})'
    changes = {"DATABASE_URL": postgres_url, "USERS_PASSWORD_CHANGED_COLUMN": "changed"}
    service = with_table(make_service, [create, "SET TIME ZONE 'Asia/Tokyo'"], **changes)
    service.sql("ALTER ROLE CURRENT_USER SET TimeZone = 'Asia/Tokyo'")
    insert(service, 1, "anna@example.com")

    assert service.reset(service.link_for("anna@example.com")).status_code == 200

    age = "EXTRACT(epoch FROM now() AT TIME ZONE 'UTC' - changed)" if kind == "timestamp" else "changed - CURRENT_DATE"
    age = "EXTRACT(epoch FROM now() - changed)" if kind == "timestamptz" else age
    assert abs(service.sql(f"SELECT {age} FROM member")[0][0]) < 60  # noqa: S608
    service.sql("ALTER ROLE CURRENT_USER RESET TimeZone")


ENCODINGS = ["LATIN1", "WIN1252", "KOI8R", "EUC_JP", "EUC_TW", "SQL_ASCII"]
ODD_ADDRESSES = [
    *("жук@example.com", "anna@пример.example", "山田@example.com", "김@example.com", "a\u0378@example.com"),
    *("\ue000@example.com", "\ufffe@example.com", "😀@example.com", "€@example.com", "é\u0301@straße.example"),
]


@pytest.mark.parametrize("match", ["exact", "lower"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_typed_address_fails_in_a_database_of_another_encoding(
    make_service: MakeService, postgres: Any, encoding: str, match: str
) -> None:
    postgres.psql("DROP DATABASE IF EXISTS encoded")
    postgres.psql(f"CREATE DATABASE encoded TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'")
    service = make_service(DATABASE_URL=str(postgres.get_uri("encoded")), USERS_EMAIL_MATCH=match)

    with service.app.app_context():
        users = Users(service.settings, db)
        assert [users.find(address) for address in ODD_ADDRESSES] == [[]] * len(ODD_ADDRESSES)


def test_an_address_that_the_columns_type_cannot_hold_is_nobody(make_service: MakeService, postgres_url: str) -> None:
    """invalid_text_representation, SQLSTATE 22P02: not only an encoding can lack an address."""
    create = "CREATE TYPE address AS ENUM ('anna@example.com', 'anna@xn--e1afmkfd.example')"
    table = 'CREATE TABLE member (member_no INTEGER PRIMARY KEY, "Mail" address, pw TEXT)'
    service = with_table(make_service, [create, table], DATABASE_URL=postgres_url)
    insert(service, 1, "anna@xn--e1afmkfd.example")

    for typed in ("ben@example.com", "anna@пример.example", "жук@example.com"):
        service.forgot(typed)
    service.work()

    assert service.relay.recipients() == ["anna@xn--e1afmkfd.example"]
    assert service.events("job_delayed") == service.events("unexpected_error") == []


def test_a_filter_that_fails_for_one_user_is_not_taken_for_an_address_that_cannot_be_held(
    make_service: MakeService, postgres_url: str
) -> None:
    table = 'CREATE TABLE member (member_no INTEGER PRIMARY KEY, "Mail" TEXT, pw TEXT)'
    service = with_table(make_service, [table], DATABASE_URL=postgres_url, USERS_FILTER='"Mail"::integer = 1')
    insert(service, 1, "anna@example.com")

    service.forgot("anna@example.com")
    service.work()

    assert [line["event"] for line in service.events("no_such_user")] == []
    assert len(service.events("job_delayed")) == 1


@pytest.mark.parametrize("typed", ["жук@example.com", "anna@пример.example"])
def test_a_database_whose_encoding_lacks_a_character_has_no_such_user_or_finds_another_spelling(
    make_service: MakeService, postgres: Any, typed: str
) -> None:
    postgres.psql("DROP DATABASE IF EXISTS latin")
    postgres.psql("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
    service = make_service(DATABASE_URL=str(postgres.get_uri("latin")))
    service.add_user("anna@xn--e1afmkfd.example")

    service.forgot(typed)
    service.work()

    assert service.relay.recipients() == (["anna@xn--e1afmkfd.example"] if typed.startswith("anna") else [])
    assert service.events("job_delayed") == service.events("unexpected_error") == []
