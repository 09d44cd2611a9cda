"""The main story on each database: ask for a link, get the email, set a new password."""

import re

import bcrypt
import pytest

from tests.conftest import MakeService
from tests.support.mails import text_of
from tests.support.service import NEW_PASSWORD, OLD_PASSWORD, Service


def test_a_link_from_the_mail_sets_the_password(service_on_each: Service) -> None:
    service = service_on_each
    service.add_user("anna@example.com")
    token = service.link_for("anna@example.com")

    answer = service.reset(token)

    assert (answer.status_code, answer.json) == (200, {"message": "Your password has been changed."})
    stored = service.stored_hash("anna@example.com").encode()
    assert bcrypt.checkpw(NEW_PASSWORD.encode(), stored)
    assert not bcrypt.checkpw(OLD_PASSWORD.encode(), stored)


def test_the_time_of_the_change_is_kept_where_the_table_has_a_column_for_it(service_on_each: Service) -> None:
    service = service_on_each
    service.add_user("anna@example.com")

    service.reset(service.link_for("anna@example.com"))

    assert service.sql("SELECT password_changed_at FROM users")[0][0] is not None


def test_a_used_link_and_an_older_link_are_dead(service_on_each: Service) -> None:
    service = service_on_each
    service.add_user("anna@example.com")
    older, used = service.link_for("anna@example.com"), service.link_for("anna@example.com")
    service.reset(used)
    stored = service.stored_hash("anna@example.com")

    answers = [service.reset(used, "another password 1"), service.reset(older, "another password 2")]

    assert [(answer.status_code, answer.json and answer.json["code"]) for answer in answers] == [
        (400, "invalid_or_expired_token")
    ] * 2
    assert service.stored_hash("anna@example.com") == stored


def test_the_owner_is_told_that_the_password_was_changed(service: Service) -> None:
    service.add_user("anna@example.com")
    service.reset(service.link_for("anna@example.com"))

    service.work()

    assert service.relay.subjects() == ["Reset your Latchkey password", "Your Latchkey password was changed"]
    assert service.relay.recipients() == ["anna@example.com"] * 2


def test_an_unknown_address_gets_the_same_answer_and_no_mail(service: Service) -> None:
    service.add_user("anna@example.com")

    known, unknown = service.forgot("anna@example.com"), service.forgot("bert@example.com")
    service.work()

    assert known.status_code == unknown.status_code == 202
    assert known.data == unknown.data
    assert dict(known.headers) | {"X-Request-ID": ""} == dict(unknown.headers) | {"X-Request-ID": ""}
    assert service.relay.recipients() == ["anna@example.com"]


def test_the_mail_goes_to_the_stored_address_and_not_the_typed_one(service: Service) -> None:
    service.add_user("anna@example.com")

    service.forgot("  ANNA@EXAMPLE.com ")
    service.work()

    assert service.relay.recipients() == ["anna@example.com"]


def test_the_link_comes_from_the_settings_and_never_from_the_request(make_service: MakeService) -> None:
    service = make_service(RESET_URL="https://app.example.org/#/reset?t={token}&from=mail")
    service.add_user("anna@example.com")

    service.client.post(
        "/forgot-password",
        json={"email": "anna@example.com"},
        headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"},
    )
    service.work()

    _, message = service.relay.mails[0]
    body = text_of(message)
    assert "https://app.example.org/#/reset?t=" in body
    assert "&from=mail" in body
    assert "evil" not in message.as_string()


def test_a_weak_password_leaves_the_link_good(service: Service) -> None:
    service.add_user("anna@example.com")
    token = service.link_for("anna@example.com")

    refused = service.reset(token, "short")

    assert refused.status_code == 422
    assert refused.json is not None
    assert (refused.json["code"], refused.json["reasons"]) == ("weak_password", ["too_short"])
    assert service.reset(token).status_code == 200


def test_checking_a_link_returns_its_expiry_and_changes_nothing(service: Service) -> None:
    stored = service.add_user("anna@example.com")
    token = service.link_for("anna@example.com")

    good, dead = service.check(token), service.check(token[:-2] + "xx")

    assert good.status_code == 200
    assert good.json is not None
    assert set(good.json) == {"expires_at"}
    assert dead.status_code == 400
    assert service.stored_hash("anna@example.com") == stored
    assert service.reset(token).status_code == 200


@pytest.mark.parametrize("stored", [None, "", "!unusable", "*"])
def test_an_account_without_a_password_gets_no_link(service: Service, stored: str | None) -> None:
    service.add_user("anna@example.com")
    service.sql("UPDATE users SET password_hash = :stored", stored=stored)

    service.forgot("anna@example.com")
    service.work()

    assert service.relay.mails == []


def test_an_account_outside_the_filter_gets_no_link(service: Service) -> None:
    service.add_user("anna@example.com")
    service.sql("UPDATE users SET is_active = false")

    service.forgot("anna@example.com")
    service.work()

    assert service.relay.mails == []


def test_the_request_id_goes_from_the_answer_into_the_workers_log(service: Service) -> None:
    service.add_user("anna@example.com")

    answer = service.forgot("anna@example.com", headers={"X-Request-ID": "from-the-frontend.1"})
    service.work()

    assert answer.headers["X-Request-ID"] == "from-the-frontend.1"
    assert [line["request_id"] for line in service.events("reset_mailed")] == ["from-the-frontend.1"]


def test_a_request_id_that_could_do_harm_is_replaced(service: Service) -> None:
    answer = service.forgot("anna@example.com", headers={"X-Request-ID": 'x" onload="y'})

    assert re.fullmatch("api:[0-9a-f]{16}", answer.headers["X-Request-ID"])
