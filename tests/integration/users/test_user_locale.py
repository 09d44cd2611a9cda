"""The language of mails: the user's own where the table knows it, else that of the request."""

from typing import Any

import pytest

from tests.conftest import MakeService
from tests.integration.users.test_users import STORED
from tests.support.outbox import make_due
from tests.support.service import Service

ADDRESS = "anna@example.com"


@pytest.fixture
def service(make_service: MakeService) -> Service:
    """A service over a table with languages."""
    table = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, password_hash TEXT, lang)"
    service = make_service(
        create_table=False, USERS_LOCALE_COLUMN="lang", USERS_FILTER="", USERS_PASSWORD_CHANGED_COLUMN=""
    )
    service.sql(table)
    return service


def add(service: Service, language: Any) -> None:
    insert = "INSERT INTO users (email, password_hash, lang) VALUES (:address, :stored, :language)"
    service.sql(insert, address=ADDRESS, stored=STORED, language=language)


def languages(service: Service) -> list[str]:
    make_due(service.redis)
    service.work()
    return [str(message["Content-Language"]) for _, message in service.relay.mails]


@pytest.mark.parametrize(
    ("stored", "used"),
    [
        *(("fr", "fr"), ("FR", "fr"), ("fr-FR", "fr"), ("fr_CA", "fr"), ("fr_FR.UTF-8", "fr"), (" fr ", "fr")),
        *(("pt", "pt-BR"), ("zh_Hans", "zh-Hans"), ("en", "en"), ("", "de"), (None, "de"), ("FRENCH", "de")),
        *(("français", "de"), ("xx", "de"), (1, "de"), ("fr\r\nBcc: eve", "de"), ("../fr", "de")),
    ],
)
def test_the_users_language_wins_where_it_is_a_code_of_ours(service: Service, stored: Any, used: str) -> None:
    add(service, stored)

    service.forgot(ADDRESS, headers={"Accept-Language": "de"})

    assert languages(service) == [used]


def test_the_notice_is_in_the_users_language_and_the_answer_in_that_of_the_request(service: Service) -> None:
    add(service, "fr")
    service.forgot(ADDRESS)
    service.work()

    body = {"token": service.newest_token(), "password": "correct horse battery staple", "locale": "es"}
    answer = service.client.post("/reset-password", json=body)

    assert (answer.status_code, answer.headers["Content-Language"]) == (200, "es")
    assert languages(service) == ["fr", "fr"]


def test_the_notice_is_in_the_language_of_the_request_where_the_users_is_unknown(service: Service) -> None:
    add(service, None)
    service.forgot(ADDRESS)
    service.work()

    body = {"token": service.newest_token(), "password": "correct horse battery staple", "locale": "es"}
    assert service.client.post("/reset-password", json=body).status_code == 200

    assert languages(service) == ["en", "es"]


@pytest.mark.parametrize(
    ("stored", "options", "used"),
    [
        (None, ["--locale", "pt-BR"], "pt-BR"),
        (None, ["--locale", "fr_CA"], "fr"),
        ("it", ["--locale", "fr"], "it"),
        (None, [], "en"),
        ("it", [], "it"),
    ],
)
def test_support_may_name_a_language_for_users_who_have_none(
    service: Service, stored: str | None, options: list[str], used: str
) -> None:
    add(service, stored)

    sent = service.app.test_cli_runner().invoke(args=["users", "send-reset", ADDRESS, *options])

    assert sent.exit_code == 0, sent.output
    assert languages(service) == [used]


def test_support_is_told_which_languages_there_are(service: Service) -> None:
    refused = service.app.test_cli_runner().invoke(args=["users", "send-reset", ADDRESS, "--locale", "klingon"])

    assert refused.exit_code == 2
    assert "There are: en, de, fr, es, pt-BR" in " ".join(refused.output.split())
    assert languages(service) == []
