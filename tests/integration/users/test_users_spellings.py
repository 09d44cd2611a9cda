"""Which spellings of an address find an account, and which only look similar."""

import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.conftest import MakeService
from tests.integration.users.test_users import STORED, insert, with_table
from tests.support.outbox import unfinished
from tests.support.service import Service


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
def test_an_address_that_only_looks_similar_is_not_found(service: Service, stored: str, typed: str) -> None:
    service.sql("INSERT INTO users (email, password_hash) VALUES (:stored, :hash)", stored=stored, hash=STORED)

    service.forgot(typed)
    service.work()

    assert service.relay.mails == []


@pytest.fixture
def _loose() -> Iterator[None]:
    """Give SQLite a collation that ignores accents, as some databases do."""

    def teach(connection: Any, _record: Any) -> None:
        connection.create_collation("LOOSE", lambda one, other: bare(one) != bare(other))

    event.listen(Engine, "connect", teach)
    yield
    event.remove(Engine, "connect", teach)


@pytest.mark.usefixtures("_loose")
def test_a_loose_collation_sends_nobody_elses_link(make_service: MakeService) -> None:
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


def test_accounts_that_differ_only_in_case_each_get_their_own_mail(service: Service) -> None:
    for stored in ("Anna@example.com", "anna@example.com"):
        service.sql("INSERT INTO users (email, password_hash) VALUES (:stored, :hash)", stored=stored, hash=STORED)

    service.forgot("Anna@example.com")
    service.work()

    assert sorted(service.relay.recipients()) == ["Anna@example.com", "anna@example.com"]
    assert unfinished(service.redis) == 0
    ids = {message["Message-ID"] for _, message in service.relay.mails}
    assert len(ids) == 2
