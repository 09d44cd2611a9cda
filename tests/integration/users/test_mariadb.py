"""Users tables on MariaDB: collations that soften, ids of its own, encodings, schemas, and what ends sessions."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.conftest import MakeService
from tests.integration.probes.users_tables import probed
from tests.support.hashes import encode, is_hash_of
from tests.support.mariadb import MariaDb
from tests.support.service import NEW_PASSWORD, OLD_PASSWORD, Service

ANNA = "anna@example.com"
WITHOUT = {"USERS_FILTER": "", "USERS_PASSWORD_CHANGED_COLUMN": ""}
UUID = uuid.UUID("6f1f0c3a-0000-4000-8000-00000000beef")
IDS: dict[str, tuple[str, Any]] = {
    "a number": ("bigint unsigned", 2**64 - 1),
    "bytes": ("binary(16)", UUID.bytes),
    "varying bytes": ("varbinary(20)", UUID.bytes),
    "characters": ("char(36)", str(UUID)),
    "a UUID": ("uuid", str(UUID)),
    "a decimal": ("decimal(10, 2)", "17.50"),
    "an enum": ("enum('anna', 'ben')", "anna"),
}


@pytest.fixture
def on_mariadb(make_service: MakeService, mariadb_url: str) -> Service:
    return make_service(DATABASE_URL=mariadb_url)


def with_table(make_service: MakeService, mariadb: MariaDb, url: str, columns: str, **environ: str) -> Service:
    """Return a service over a table of other columns, in which Anna is the only user."""
    mariadb.run(f"CREATE TABLE member ({columns})", database="app")
    return make_service(create_table=False, DATABASE_URL=url, USERS_TABLE="member", **(WITHOUT | environ))


@pytest.mark.parametrize(("kind", "identity"), IDS.values(), ids=IDS)
def test_an_id_of_any_type_works(
    make_service: MakeService, mariadb: MariaDb, mariadb_url: str, kind: str, identity: Any
) -> None:
    columns = f"id {kind} PRIMARY KEY, email varchar(254) UNIQUE, password_hash varbinary(255)"
    service = with_table(make_service, mariadb, mariadb_url, columns)
    values = {"id": identity, "email": ANNA, "hash": encode(OLD_PASSWORD).encode()}
    service.sql("INSERT INTO member VALUES (:id, :email, :hash)", **values)

    assert probed(service)[0] == "ok"
    assert service.reset(service.link_for(ANNA)).status_code == 200

    service.work()
    assert len(service.relay.mails) == 2
    stored = service.sql("SELECT password_hash FROM member")[0][0]
    assert is_hash_of(stored.decode(), NEW_PASSWORD)


@pytest.mark.parametrize("typed", ["ANNA@example.com", "änna@example.com", "anna@example.com ", "anna@exämple.com"])
def test_a_collation_does_not_find_another_mailbox(on_mariadb: Service, typed: str) -> None:
    """CVE-2019-19844: the database takes letters with and without accents for the same."""
    on_mariadb.add_user(ANNA)

    on_mariadb.forgot(typed)
    on_mariadb.work()

    recipients = [to for to, _ in on_mariadb.relay.mails]
    assert recipients in ([], [[ANNA]])
    assert bool(recipients) == (typed.strip().lower() == ANNA)


def test_a_hash_that_differs_in_capitals_alone_is_not_overwritten(on_mariadb: Service) -> None:
    stored = on_mariadb.add_user(ANNA)
    token = on_mariadb.link_for(ANNA)
    on_mariadb.sql("UPDATE users SET password_hash = :hash", hash=stored.swapcase().replace("$2B$", "$2b$"))

    assert on_mariadb.reset(token).status_code == 400

    assert not is_hash_of(on_mariadb.stored_hash(ANNA), NEW_PASSWORD)


def test_twenty_resets_at_once_set_one_password(make_service: MakeService, mariadb_url: str) -> None:
    service = make_service(DATABASE_URL=mariadb_url, WEB_THREADS="64")
    service.add_user(ANNA)
    token = service.link_for(ANNA)

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: service.reset(token).status_code, range(20)))

    assert statuses.count(200) == 1


@pytest.mark.parametrize("charset", ["latin1", "utf8mb3", "ascii"])
def test_an_address_that_the_column_cannot_hold_is_nobody_and_costs_no_scan(
    make_service: MakeService, mariadb: MariaDb, mariadb_url: str, charset: str
) -> None:
    columns = f"id int PRIMARY KEY, email varchar(254) CHARACTER SET {charset} UNIQUE, password_hash varchar(255)"
    service = with_table(make_service, mariadb, mariadb_url, columns)
    for number in range(500):
        service.sql("INSERT INTO member VALUES (:n, :mail, '')", n=number, mail=f"user{number}@example.com")
    mariadb.run("FLUSH STATUS")
    before = int(mariadb.run("SHOW GLOBAL STATUS LIKE 'Handler_read_rnd_next'")[0][1])

    for address in ("жук@example.com", "\U0001f511@example.com", "user7@example.com"):
        assert service.forgot(address).status_code == 202
        service.work()

    assert int(mariadb.run("SHOW GLOBAL STATUS LIKE 'Handler_read_rnd_next'")[0][1]) - before < 500
    assert not service.events("job_delayed")
    assert service.events("no_such_user")


def test_a_table_of_another_database_is_named_with_it(
    make_service: MakeService, mariadb: MariaDb, mariadb_url: str
) -> None:
    mariadb.run("DROP DATABASE IF EXISTS crm", "CREATE DATABASE crm")
    service = make_service(DATABASE_URL=mariadb_url, USERS_TABLE="crm.users")
    with service.app.app_context():
        service.sql("INSERT INTO crm.users (email, password_hash) VALUES (:a, :h)", a=ANNA, h=encode(OLD_PASSWORD))

    assert probed(service)[0] == "ok"
    assert service.reset(service.link_for(ANNA)).status_code == 200


def test_a_column_that_is_too_short_is_told_and_nothing_is_cut(
    make_service: MakeService, mariadb: MariaDb, mariadb_url: str
) -> None:
    mariadb.run("SET GLOBAL sql_mode = ''")
    try:
        columns = "id int PRIMARY KEY, email varchar(254) UNIQUE, password_hash varchar(50)"
        service = with_table(make_service, mariadb, mariadb_url, columns, USERS_WITHOUT_PASSWORD="set")
        service.sql("INSERT INTO member VALUES (1, :mail, NULL)", mail=ANNA)
        status, failures = probed(service)
        token = service.link_for(ANNA)

        assert (status, service.reset(token).status_code) == ("degraded", 503)
    finally:
        mariadb.run("SET GLOBAL sql_mode = DEFAULT")
    assert "ALTER TABLE member MODIFY password_hash varchar(255)" in failures["set_password"]
    assert service.sql("SELECT password_hash FROM member") == [(None,)]


def test_a_look_up_without_an_index_is_told(make_service: MakeService, mariadb: MariaDb, mariadb_url: str) -> None:
    columns = "id int, email varchar(254), password_hash varchar(255)"
    service = with_table(make_service, mariadb, mariadb_url, columns)
    mariadb.run(
        "INSERT INTO member SELECT seq, CONCAT('u', seq, '@example.com'), NULL FROM seq_1_to_20000",
        "ANALYZE TABLE member",
        database="app",
    )

    _, failures = probed(service)

    assert "CREATE INDEX member_email ON member (email)" in failures["lookup_index"]
    assert "unique_id" in failures


@pytest.mark.parametrize(
    ("right", "probe", "words"),
    [
        ("GRANT SELECT ON app.users TO limited", "set_password", "Grant its user SELECT"),
        ("GRANT SELECT (id) ON app.users TO limited", "find_users", "shows only those that its user may use"),
    ],
)
def test_missing_rights_are_told(
    make_service: MakeService, mariadb: MariaDb, mariadb_url: str, right: str, probe: str, words: str
) -> None:
    make_service(DATABASE_URL=mariadb_url)
    mariadb.run("CREATE OR REPLACE USER limited IDENTIFIED BY 'hunter2'", right)
    service = make_service(create_table=False, DATABASE_URL=mariadb.url("app", "limited", "hunter2"))

    status, failures = probed(service)

    assert status == "degraded"
    assert words in failures[probe]
    assert "hunter2" not in service.logs.getvalue()


def test_sessions_of_laravel_end(make_service: MakeService, mariadb: MariaDb, mariadb_url: str) -> None:
    mariadb.run(
        "CREATE TABLE users (id bigint unsigned PRIMARY KEY AUTO_INCREMENT, email varchar(255) UNIQUE, "
        "password varchar(255), remember_token varchar(100))",
        "CREATE TABLE sessions (id varchar(255) PRIMARY KEY, user_id bigint unsigned, payload longtext)",
        "INSERT INTO sessions VALUES ('a', 1, ''), ('b', 2, ''), ('c', NULL, '')",
        database="app",
    )
    service = make_service(
        create_table=False,
        DATABASE_URL=mariadb_url,
        USERS_PASSWORD_COLUMN="password",
        USERS_ON_RESET="remember_token = NULL",
        AFTER_RESET_SQL="DELETE FROM sessions WHERE user_id = :id",
        **WITHOUT,
    )
    insert = "INSERT INTO users (email, password, remember_token) VALUES (:mail, :hash, 'old')"
    for mail in (ANNA, "ben@example.com"):
        service.sql(insert, mail=mail, hash=encode(OLD_PASSWORD, "bcrypt-2y"))

    assert service.reset(service.link_for(ANNA)).status_code == 200

    assert service.sql("SELECT id FROM sessions ORDER BY id") == [("b",), ("c",)]
    assert service.sql("SELECT remember_token FROM users ORDER BY id") == [(None,), ("old",)]
    assert service.sql("SELECT password FROM users WHERE id = 1")[0][0].startswith("$2y$")


def test_a_column_can_keep_the_old_hash(make_service: MakeService, mariadb: MariaDb, mariadb_url: str) -> None:
    """MySQL reads a column that the statement has already set."""
    columns = "id int PRIMARY KEY, email varchar(254), password_hash varchar(255), previous varchar(255)"
    service = with_table(make_service, mariadb, mariadb_url, columns, USERS_ON_RESET="previous = password_hash")
    stored = encode(OLD_PASSWORD)
    service.sql("INSERT INTO member VALUES (1, :mail, :hash, NULL)", mail=ANNA, hash=stored)

    assert service.reset(service.link_for(ANNA)).status_code == 200

    assert service.sql("SELECT previous FROM member") == [(stored,)]


def test_a_table_without_transactions_is_refused(make_service: MakeService, mariadb: MariaDb, mariadb_url: str) -> None:
    columns = "id int PRIMARY KEY, email varchar(254), password_hash varchar(255)"
    service = with_table(make_service, mariadb, mariadb_url, columns)
    mariadb.run("ALTER TABLE member ENGINE = MyISAM", database="app")

    status, failures = probed(service)

    assert status == "degraded"
    assert "is of the engine MyISAM, which has no transactions" in failures["set_password"]


@pytest.mark.parametrize(
    "signal", ["SIGNAL SQLSTATE '45000' SET {0}", "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30001, {0}"]
)
def test_what_a_trigger_says_about_one_user_is_not_repeated(
    make_service: MakeService, mariadb: MariaDb, mariadb_url: str, signal: str
) -> None:
    service = make_service(DATABASE_URL=mariadb_url)
    service.add_user(ANNA)
    raised = signal.format("MESSAGE_TEXT = 'user Anna Miller is blocked'")
    mariadb.run(f"CREATE TRIGGER no BEFORE UPDATE ON users FOR EACH ROW {raised}", database="app")

    assert service.reset(service.link_for(ANNA)).status_code == 503

    assert "Anna Miller" not in service.logs.getvalue()
    assert probed(service)[0] == "ok"


def test_the_servers_own_sql_mode_does_not_change_how_settings_are_read(
    make_service: MakeService, mariadb: MariaDb, mariadb_url: str
) -> None:
    mariadb.run("SET GLOBAL sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'")
    try:
        columns = "id int PRIMARY KEY, email varchar(254), password_hash varchar(255), state varchar(20)"
        setting = {"USERS_FILTER": 'state = "it\\\'s on"'}
        service = with_table(make_service, mariadb, mariadb_url, columns, **setting)
        values = {"mail": ANNA, "hash": encode(OLD_PASSWORD), "state": "it's on"}
        service.sql("INSERT INTO member VALUES (1, :mail, :hash, :state)", **values)
        assert service.reset(service.link_for(ANNA)).status_code == 200
    finally:
        mariadb.run("SET GLOBAL sql_mode = DEFAULT")


def test_a_password_beyond_latin_letters_opens_the_database(
    make_service: MakeService, mariadb: MariaDb, mariadb_url: str
) -> None:
    make_service(DATABASE_URL=mariadb_url)
    mariadb.run(
        "SET NAMES utf8mb4", "CREATE OR REPLACE USER other IDENTIFIED BY 'ключ€'", "GRANT ALL ON app.* TO other"
    )
    url = mariadb.url("app", "other", "%D0%BA%D0%BB%D1%8E%D1%87%E2%82%AC")

    assert probed(make_service(create_table=False, DATABASE_URL=url))[0] == "ok"
