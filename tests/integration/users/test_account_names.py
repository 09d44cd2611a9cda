"""Mails name the account that they are about, by the users table and never by the request."""

from email.message import EmailMessage

import pytest

from tests.conftest import MakeService
from tests.integration.users.test_users import STORED
from tests.support.mails import seen, text_of
from tests.support.outbox import make_due
from tests.support.service import Service

TWO = ("Anna at the shop", "Anna <b>of</b> the \u202eworkshop")
SHOWN = ("Anna at the shop", "Anna <b>of</b> the workshop")


@pytest.fixture
def named(make_service: MakeService) -> Service:
    """A service with two accounts of one address."""
    service = make_service(
        create_table=False, USERS_NAME_COLUMN="title", USERS_FILTER="", USERS_PASSWORD_CHANGED_COLUMN=""
    )
    service.sql("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, password_hash TEXT, title TEXT)")
    for name in TWO:
        add(service, "anna@example.com", name)
    return service


def add(service: Service, address: str, name: str | None) -> None:
    insert = "INSERT INTO users (email, password_hash, title) VALUES (:address, :stored, :name)"
    service.sql(insert, address=address, stored=STORED, name=name)


def lines(message: EmailMessage) -> list[str]:
    return [line for line in text_of(message).splitlines() if line.startswith("Account: ")]


def test_two_accounts_with_one_address_can_be_told_apart(named: Service) -> None:
    named.forgot("anna@example.com")
    named.work()

    mails = [message for _, message in named.relay.mails]
    assert sorted(line for message in mails for line in lines(message)) == sorted(f"Account: {name}" for name in SHOWN)
    for message in mails:
        assert lines(message)[0] in seen(text_of(message, "html"))
        assert "<b>of" not in text_of(message, "html")


def test_the_notice_names_the_account_as_it_was_when_the_password_was_set(named: Service) -> None:
    add(named, "bert@example.com", "Bert")
    named.reset(named.link_for("bert@example.com"))
    named.sql("UPDATE users SET title = 'Eve'")
    make_due(named.redis)
    named.work()

    subjects = {message["Subject"]: lines(message) for _, message in named.relay.mails}
    assert subjects["Your Latchkey password was changed"] == ["Account: Bert"]


@pytest.mark.parametrize("name", [None, "", "Free money at evil.example"])
def test_without_a_name_that_can_be_shown_there_is_no_such_line(named: Service, name: str | None) -> None:
    add(named, "bert@example.com", name)

    named.link_for("bert@example.com")

    message = named.relay.mails[-1][1]
    assert lines(message) == []
    assert "Account" not in seen(text_of(message, "html"))
    assert "evil" not in text_of(message) + text_of(message, "html")


def test_a_request_names_no_account(service: Service) -> None:
    service.add_user("anna@example.com")
    headers = {"User-Agent": "Eve", "X-Request-ID": "Eve", "Accept-Language": "Eve"}

    refused = service.client.post("/forgot-password", json={"email": "anna@example.com", "account": "Eve"})
    service.forgot("anna@example.com", headers=headers)
    service.work()

    assert refused.status_code == 422
    assert lines(service.relay.mails[0][1]) == []
