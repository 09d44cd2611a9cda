"""Addresses that were copied from a page or a document, with characters that nobody sees: the same everywhere."""

from pathlib import Path

import pytest

from tests.integration.cli.test_users_commands import STORED, run
from tests.support.service import Service
from tests.support.worker_commands import as_json

COPIED = ["\u200b{}", "{}\u200b", "\ufeff{}\u00ad", "\u202a{}\u202c", "\u2068{}\u2069", "\u00a0{}\u3000", "{}\ufe0f"]


@pytest.mark.parametrize("copied", COPIED, ids=ascii)
def test_who_pastes_such_an_address_gets_the_mail(service: Service, copied: str, tmp_path: Path) -> None:
    text = copied.format("anna@example.com")
    file = tmp_path / "users.csv"
    file.write_text(f"email,password_hash\n{text},{STORED}\n", encoding="utf-8")

    assert "Imported 1 user, refused 0 rows." in run(service, "import", str(file)).output
    assert "There is already a user with this address." in run(service, "add", text).output
    assert service.forgot(text).status_code == 202
    assert run(service, "send-reset", text).exit_code == 0
    service.work()

    assert service.sql("SELECT email FROM users") == [("anna@example.com",)]
    assert [recipients for recipients, _ in service.relay.mails] == [["anna@example.com"]] * 2
    assert [event["event"] for event in as_json(service, "trace", text)].count("mailed_reset") == 2


def test_an_invisible_character_within_is_refused_everywhere(service: Service, tmp_path: Path) -> None:
    text = "an\u200bna@example.com"
    file = tmp_path / "users.csv"
    file.write_text(f"email,password_hash\n{text},{STORED}\n", encoding="utf-8")

    assert "line 2: email is not a valid email address" in run(service, "import", str(file)).output
    assert "This is not a valid email address." in run(service, "add", text).output
    assert "This is not a valid email address." in run(service, "send-reset", text).output
    assert service.forgot(text).status_code == 422
    assert service.redis.keys("*") == []


def test_two_accounts_stay_apart_where_one_is_stored_with_an_invisible_character(service: Service) -> None:
    service.add_user("anna@example.com")
    insert = "INSERT INTO users (email, password_hash) VALUES (:other, :hash)"
    service.sql(insert, other="an\u200bna@example.com", hash=STORED)

    service.forgot("anna@example.com")
    service.work()

    assert [recipients for recipients, _ in service.relay.mails] == [["anna@example.com"]]
