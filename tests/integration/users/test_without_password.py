"""Accounts without a usable password: told apart, told how to sign in, or given a first password."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.integration.users.test_users import STORED
from tests.support.hashes import is_hash_of
from tests.support.mails import seen, text_of
from tests.support.outbox import make_due, unfinished
from tests.support.service import NEW_PASSWORD, Service, token_in
from tests.support.worker_commands import as_json, command

ADDRESS = "anna@example.com"
DJANGO = "!" + "aB3" * 13 + "x"
without = pytest.mark.parametrize("stored", [None, "", "!", "*", DJANGO], ids=repr)
COLUMNS = "email TEXT, password_hash TEXT, is_active BOOLEAN, password_changed_at TEXT"
MANY = 8


def add(service: Service, stored: str | None, address: str = ADDRESS, **columns: Any) -> None:
    active = columns.get("active", True)
    insert = "INSERT INTO users (email, password_hash, is_active) VALUES (:address, :stored, :active)"
    service.sql(insert, address=address, stored=stored, active=active)


def ask(service: Service, typed: str = ADDRESS) -> None:
    assert service.forgot(typed).status_code == 202
    service.work()
    assert unfinished(service.redis) == 0


@without
def test_by_default_there_is_no_mail_and_trace_says_why(service: Service, stored: str | None) -> None:
    add(service, stored)

    ask(service)

    assert service.relay.mails == []
    assert [event["event"] for event in as_json(service, "trace", ADDRESS)] == ["accepted", "no_password"]
    assert "no usable password" in command(service, "trace", ADDRESS).output
    assert service.redis.hget(Key.METRICS, "jobs_ended:no_password") == "1"


def test_trace_and_log_tell_apart_why_there_is_no_mail(service: Service) -> None:
    add(service, STORED, "off@example.com", active=False)
    add(service, None, "both@example.com", active=False)
    add(service, None, "none@example.com")
    add(service, f"!{STORED}", "locked@example.com")
    add(service, STORED, "Bert@Example.com")
    expected = {
        "nobody@example.com": ["accepted", "no_such_user"],
        "off@example.com": ["accepted", "outside_filter"],
        "both@example.com": ["accepted", "outside_filter"],
        "none@example.com": ["accepted", "no_password"],
        "locked@example.com": ["accepted", "no_password"],
        "bert@example.com": ["accepted", "no_such_user", "other_capitals"],
    }

    for address in expected:
        ask(service, address)

    assert service.relay.mails == []
    told = {address: [event["event"] for event in as_json(service, "trace", address)] for address in expected}
    assert told == expected
    assert "set USERS_EMAIL_MATCH=lower" in command(service, "trace", "bert@example.com").output
    logged = {event: len(service.events(event)) for event in ("no_such_user", "outside_filter", "no_password")}
    assert logged == {"no_such_user": 2, "outside_filter": 2, "no_password": 2}
    assert "@" not in service.logs.getvalue()


def test_an_account_that_was_made_after_the_request_has_no_other_capitals(service: Service) -> None:
    ask(service, "bert@example.com")
    add(service, STORED, "bert@example.com")

    assert [event["event"] for event in as_json(service, "trace", "bert@example.com")] == ["accepted", "no_such_user"]


def test_trace_goes_on_where_the_table_cannot_be_asked(service: Service) -> None:
    ask(service, "nobody@example.com")
    service.sql("DROP TABLE users")

    shown = command(service, "trace", "nobody@example.com")

    assert "no account has this address" in shown.stdout
    assert "cannot be asked for other capitals. USERS_TABLE: no such table." in shown.stderr


def test_accounts_outside_the_filter_hide_no_other_account_of_their_address(service: Service) -> None:
    service.sql("DROP TABLE users")
    service.sql(f"CREATE TABLE users (id INTEGER, {COLUMNS})")
    for number in range(150):
        add(service, STORED, active=number == 149)

    ask(service)

    assert service.relay.recipients() == [ADDRESS]


@without
def test_an_account_without_a_password_is_told_how_to_sign_in(make_service: MakeService, stored: str | None) -> None:
    hint, url = "Sign in with <b>Google</b>.", "https://www.example.org/login"
    service = make_service(USERS_WITHOUT_PASSWORD="tell", SIGN_IN_HINT=hint, SIGN_IN_URL=url)
    add(service, stored)

    ask(service)

    ((recipients, message),) = service.relay.mails
    assert (recipients, message["Subject"]) == ([ADDRESS], "How to sign in to Latchkey")
    for said in (" ".join(text_of(message).split()), seen(text_of(message, "html"))):
        assert "This account has no password" in said
        assert hint in said
        assert url in said
        assert "token" not in said
    assert "<b>Google" not in text_of(message, "html")
    assert text_of(message, "html").count(f'href="{url}"') == 2
    assert [event["event"] for event in as_json(service, "trace", ADDRESS)] == ["accepted", "mailed_sign_in"]
    assert [event["user"] for event in service.events("sign_in_mailed")] == ["1"]


def test_without_words_of_the_operators_the_mail_says_it_in_general(make_service: MakeService) -> None:
    service = make_service(USERS_WITHOUT_PASSWORD="tell")
    add(service, None)

    service.forgot(ADDRESS, headers={"Accept-Language": "de"})
    service.work()

    ((_, message),) = service.relay.mails
    assert "Sie melden sich auf anderem Weg an" in " ".join(text_of(message).split())
    assert "href" not in text_of(message, "html")


def test_each_account_of_an_address_gets_what_is_for_it(make_service: MakeService) -> None:
    service = make_service(USERS_WITHOUT_PASSWORD="tell", create_table=False)
    service.sql(f"CREATE TABLE users (id INTEGER PRIMARY KEY, {COLUMNS})")
    for stored, active in ((STORED, True), (None, True), (STORED, False)):
        add(service, stored, active=active)

    ask(service)

    assert sorted(service.relay.subjects()) == ["How to sign in to Latchkey", "Reset your Latchkey password"]


@without
@pytest.mark.parametrize("database", ["sqlite_url", "postgres_url"])
def test_a_link_sets_the_first_password_once(
    make_service: MakeService, request: pytest.FixtureRequest, stored: str | None, database: str
) -> None:
    # With nothing but a mark in the table, the format has to be named.
    settings = {"USERS_WITHOUT_PASSWORD": "set", "USERS_HASH_FORMAT": "bcrypt"}
    service = make_service(DATABASE_URL=request.getfixturevalue(database), **settings)
    add(service, stored)
    ask(service)
    ((_, message),) = service.relay.mails
    assert message["Subject"] == "Set a password for Latchkey"
    token, gate = token_in(text_of(message)), Barrier(MANY)
    assert service.check(token).status_code == 200

    def reset(number: int) -> int:
        client = service.app.test_client()
        gate.wait()
        body = {"token": token, "password": f"the password of number {number}"}
        return client.post("/reset-password", json=body).status_code

    with ThreadPoolExecutor(MANY) as pool:
        found = list(pool.map(reset, range(MANY)))

    assert sorted(found) == [200] + [400] * (MANY - 1)
    assert is_hash_of(service.stored_hash(ADDRESS), f"the password of number {found.index(200)}")
    service.work()
    assert service.relay.subjects()[1:] == ["Your Latchkey password was changed"]
    assert service.reset(token).status_code == 400


def test_a_link_for_a_first_password_dies_with_a_password_that_was_set_meanwhile(make_service: MakeService) -> None:
    service = make_service(USERS_WITHOUT_PASSWORD="set")
    add(service, None)
    token = service.link_for(ADDRESS)

    service.sql("UPDATE users SET password_hash = :stored", stored=STORED)

    assert (service.check(token).status_code, service.reset(token).status_code) == (400, 400)
    assert service.stored_hash(ADDRESS) == STORED


@pytest.mark.parametrize("mode", ["silent", "tell"])
def test_a_link_that_was_mailed_is_dead_where_first_passwords_are_no_longer_set(
    make_service: MakeService, mode: str
) -> None:
    service = make_service(USERS_WITHOUT_PASSWORD="set")
    add(service, None)
    token = service.link_for(ADDRESS)

    later = make_service(USERS_WITHOUT_PASSWORD=mode, create_table=False)

    assert (later.check(token).status_code, later.reset(token).status_code) == (400, 400)
    assert later.sql("SELECT password_hash FROM users") == [(None,)]


def test_a_locked_account_is_not_unlocked(make_service: MakeService) -> None:
    service = make_service(USERS_WITHOUT_PASSWORD="set")
    add(service, None)
    token = service.link_for(ADDRESS)
    service.sql("UPDATE users SET password_hash = :stored", stored=f"!{STORED}")

    ask(service)

    assert len(service.relay.mails) == 1
    assert service.reset(token).status_code == 400
    assert service.stored_hash(ADDRESS) == f"!{STORED}"


def test_two_first_passwords_have_notices_of_their_own(make_service: MakeService) -> None:
    """A notice's Message-ID is made of what was stored before, and mail programs drop a second mail with the same."""
    service = make_service(USERS_WITHOUT_PASSWORD="set")
    for address in (ADDRESS, "bert@example.com"):
        add(service, None, address)
        assert service.reset(service.link_for(address), NEW_PASSWORD).status_code == 200
    make_due(service.redis)
    service.work()

    notices = {m["Message-ID"] for _, m in service.relay.mails if m["Subject"] == "Your Latchkey password was changed"}
    assert len(notices) == 2
