"""Addresses of databases as platforms and other clients write them."""

import pytest
from psycopg.conninfo import conninfo_to_dict

from shared.database.connections import database_config
from shared.settings.database.address import DatabaseAddress

TAKEN: dict[str, dict[str, str]] = {
    "postgres://u:p@h/db": {"user": "u", "password": "p", "host": "h", "dbname": "db"},
    "postgresql+psycopg2://u:p%40%2F%3A@h/db": {"user": "u", "password": "p@/:", "host": "h", "dbname": "db"},
    "postgresql+asyncpg://u@h:6543/db?ssl=require": {
        "user": "u",
        "host": "h",
        "port": "6543",
        "dbname": "db",
        "sslmode": "require",
    },
    "POSTGRESQL://u@[2001:db8::1]:5432/db": {"user": "u", "host": "2001:db8::1", "port": "5432", "dbname": "db"},
    "postgresql://u@h1:5432,h2:5433/db?target_session_attrs=read-write": {
        "user": "u",
        "host": "h1,h2",
        "port": "5432,5433",
        "dbname": "db",
        "target_session_attrs": "read-write",
    },
    "postgresql://u@h/db?options=-csearch_path%3Dapp%20-capp.tenant%3D7": {
        "user": "u",
        "host": "h",
        "dbname": "db",
        "options": "-csearch_path=app -capp.tenant=7",
    },
    "postgresql://u@h/db?options=-csearch_path=app": {
        "user": "u",
        "host": "h",
        "dbname": "db",
        "options": "-csearch_path=app",
    },
    "postgresql://u@/db?host=/var/run/postgresql": {"user": "u", "host": "/var/run/postgresql", "dbname": "db"},
    "postgresql://u@%2Fvar%2Frun%2Fpostgresql/db": {"user": "u", "host": "/var/run/postgresql", "dbname": "db"},
    "postgresql://u@h/db?sslmode=verify-full&sslrootcert=/etc/ca.pem&channel_binding=require": {
        "user": "u",
        "host": "h",
        "dbname": "db",
        "sslmode": "verify-full",
        "sslrootcert": "/etc/ca.pem",
        "channel_binding": "require",
    },
    "postgres://u@h/db?sslmode=no-verify": {"user": "u", "host": "h", "dbname": "db", "sslmode": "require"},
    "postgres://u@h/db?ssl=false": {"user": "u", "host": "h", "dbname": "db", "sslmode": "disable"},
    "postgresql:///db": {"dbname": "db"},
}


@pytest.mark.parametrize(("url", "parts"), TAKEN.items(), ids=TAKEN)
def test_an_address_of_postgresql_reaches_libpq_with_every_part(url: str, parts: dict[str, str]) -> None:
    assert conninfo_to_dict(DatabaseAddress.parse(url).target) == parts


@pytest.mark.parametrize(
    ("query", "schema", "ignored"),
    [
        ("schema=public", "public", ()),
        (
            "schema=app&connection_limit=5&pool_timeout=10&pgbouncer=true",
            "app",
            ("connection_limit", "pool_timeout", "pgbouncer"),
        ),
        ("currentSchema=app&prepareThreshold=0", "app", ("prepareThreshold",)),
        ("search_path=app&pool_max_conns=4", "app", ("pool_max_conns",)),
        ("pool=5&encoding=unicode&prepared_statements=false", "", ("pool", "encoding", "prepared_statements")),
        ("sslmode=require&supa=base-pooler.x", "", ("supa",)),
        ("connect_timeout=10", "", ("connect_timeout",)),
        ("sslmode=require&ssl=true", "", ("ssl",)),
    ],
)
def test_what_other_clients_add_is_understood_or_named_as_without_effect(
    query: str, schema: str, ignored: tuple[str, ...]
) -> None:
    address = DatabaseAddress.parse(f"postgresql://u:p@h/db?{query}")

    assert (address.schema, address.ignored) == (schema, ignored)
    assert not set(ignored) & conninfo_to_dict(address.target).keys()


@pytest.mark.parametrize("other", ["ssl=true", "ssl=false", "SSL=no-verify", "ssl=require"])
@pytest.mark.parametrize("query", ["sslmode=verify-full&{}", "{}&sslmode=verify-full", "{}&sslMode=verify-full"])
def test_sslmode_counts_whatever_ssl_says(query: str, other: str) -> None:
    address = DatabaseAddress.parse(f"postgresql://u:p@h/db?{query.format(other)}")

    assert conninfo_to_dict(address.target)["sslmode"] == "verify-full"
    assert [name.lower() for name in address.ignored] == ["ssl"]


REFUSED = {
    "postgresql://u:hunter2@h/db?ssl=true": "ssl=true, which does not say whether the server's certificate is verified",
    "postgresql://u:hunter2@h/db?SSL=1": "sslmode=verify-full and sslrootcert, or sslmode=require",
    "postgresql://u:p@x?hunter2=1@h/db": "an @ after the question mark must be percent-encoded",
    "postgresql://u:p@x?a=b&hunter2=1@h/db": "an @ after the question mark must be percent-encoded",
    "sqlite:////x?hunter2=a@b": "an @ after the question mark must be percent-encoded",
    "postgresql://u:hunter2@h/db?foo=1": "has the parameter foo, which neither libpq nor Latchkey knows",
    "postgresql://u:hunter2@h/db?sslmode=on": "has a value of sslmode that is not one of allow, disable, prefer",
    "postgresql://u:hunter2@h/db?search_path=app,public": "names several schemas",
    "postgresql://u:hunter2@h:http/db": "is not a database address",
    "postgresql://u:hunter2@h:70000/db": "is not a database address",
    "postgresql://u:hun?ter2=x@h/db": "is not a database address",
    "postgresql://u:p@ss:hunter2@h/db": "is not a database address",
    "hunter2": "is not a database address",
    "oracle+oracledb://u:hunter2@h/db": "names oracle, which is not supported",
    "sqlite:////srv/hunter2.db?foo=1": "has the parameter foo, which SQLite does not know",
    "sqlite:///file:x?mode=memory&cache=shared&uri=true": "in memory",
    "sqlite:///file::memory:?uri=true": "in memory",
    "sqlite:////x?vfs=memdb": "in memory",
    "sqlite://": "in memory",
    "sqlite:///": "in memory",
    "sqlite:////": "in memory",
    "sqlite:///:MEMORY:": "in memory",
    "SQLITE+pysqlite:///%3Amemory%3a": "in memory",
    "sqlite:///%253Amemory%253A": "in memory",
    "sqlite:///FILE::Memory:?cache=shared": "in memory",
    "sqlite:///file:x?cache=shared&mode=MEMORY": "in memory",
    "sqlite:///file:x?mode=mem%6fry": "in memory",
    "sqlite:///x?mode=memory#": "in memory",
    "sqlite:///file:x%3Fmode=memory": "in memory",
    "sqlite:///file:x%3fcache=shared%26mode%3Dmemory?uri=true": "in memory",
    "sqlite:///file:x%253Fmode%253Dmemory": "in memory",
    "sqlite:///file:/x?vfs=MemDB": "in memory",
    "sqlite:///file:?mode=rwc": "in memory",
    "sqlite:///file:%00x?mode=rwc": "in memory",
    "sqlite:///file:%2500x?mode=rwc": "in memory",
}


@pytest.mark.parametrize(("url", "words"), REFUSED.items(), ids=REFUSED)
def test_another_address_is_refused_with_the_cause_and_without_the_password(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        DatabaseAddress.parse(url)

    assert "hunter2" not in str(caught.value)
    assert "ter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("sqlite:////srv/users.db", "sqlite:////srv/users.db"),
        ("sqlite+aiosqlite:///users.db", "sqlite:///users.db"),
        ("sqlite:////srv/users.db?mode=ro", "sqlite:///file:/srv/users.db?mode=ro&uri=true"),
        ("sqlite:///file:/srv/users.db?mode=ro&uri=true", "sqlite:///file:/srv/users.db?mode=ro&uri=true"),
        ("sqlite:////srv/users.db?timeout=20&check_same_thread=false", "sqlite:////srv/users.db"),
        ("sqlite:////srv/my%20users.db", "sqlite:////srv/my%20users.db"),
        ("sqlite:////srv/memory/mode=memory.db", "sqlite:////srv/memory/mode%3Dmemory.db"),
    ],
)
def test_an_address_of_sqlite_keeps_its_file_and_what_sqlite_understands(url: str, target: str) -> None:
    assert DatabaseAddress.parse(url).target == target


def test_an_address_does_not_show_its_password() -> None:
    address = DatabaseAddress.parse("postgresql://u:hunter2@h/db")

    assert "hunter2" not in f"{address!r} {database_config('postgresql://u:hunter2@h/db', 1)}"
