"""Leaked passwords are looked up over HTTP without revealing the password, and no answer makes anybody wait long."""

import hashlib

import pytest

from tests.conftest import MakeService
from tests.support.service import NEW_PASSWORD, Service
from tests.support.stand_ins.breach_service import BreachService

LEAKED = "a password that has leaked"
DIGEST = hashlib.sha1(LEAKED.encode(), usedforsecurity=False).hexdigest().upper()


def asking(make_service: MakeService, breaches: BreachService, mode: str) -> tuple[Service, str]:
    breaches.knows(LEAKED)
    service = make_service(BREACH_CHECK=mode, BREACH_CHECK_URL=breaches.url)
    service.add_user("anna@example.com")
    return service, service.link_for("anna@example.com")


@pytest.mark.parametrize("mode", ["open", "closed"])
def test_a_leaked_password_is_refused_and_another_accepted(
    make_service: MakeService, breaches: BreachService, mode: str
) -> None:
    service, token = asking(make_service, breaches, mode)

    refused, taken = service.reset(token, LEAKED), service.reset(token)

    assert refused.json is not None
    assert (refused.status_code, refused.json["code"], refused.json["reasons"]) == (422, "weak_password", ["breached"])
    assert taken.status_code == 200


def test_only_five_hex_digits_of_the_hash_leave_the_service(make_service: MakeService, breaches: BreachService) -> None:
    service, token = asking(make_service, breaches, "closed")

    service.reset(token, LEAKED)

    [(path, headers)] = breaches.asked
    assert path == f"/range/{DIGEST[:5]}"
    assert headers.pop("Host") in breaches.url
    assert headers == {
        "Accept-Encoding": "identity",
        "Add-Padding": "true",
        "User-Agent": "Latchkey",
        "Connection": "close",
    }


def test_without_the_setting_no_service_is_asked(make_service: MakeService, breaches: BreachService) -> None:
    service, token = asking(make_service, breaches, "off")

    assert service.reset(token, LEAKED).status_code == 200
    assert breaches.asked == []


def test_no_service_is_asked_about_a_password_that_the_rules_refuse(
    make_service: MakeService, breaches: BreachService
) -> None:
    service, token = asking(make_service, breaches, "closed")

    answers = [service.reset(token, password) for password in ("short", "passwordpassword", "anna@example.com1")]
    answers.append(service.reset(token[:-2] + "xx", LEAKED))

    assert [answer.status_code for answer in answers] == [422, 422, 422, 400]
    assert breaches.asked == []


def test_fail_closed_means_503_during_an_outage_and_the_link_stays_good(
    make_service: MakeService, breaches: BreachService
) -> None:
    service, token = asking(make_service, breaches, "closed")
    stored = service.stored_hash("anna@example.com")
    breaches.status = 500

    answer = service.reset(token)

    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert service.stored_hash("anna@example.com") == stored
    breaches.status = 200
    assert service.reset(token).status_code == 200


def test_fail_open_means_that_resets_go_on_during_an_outage_and_are_logged(
    make_service: MakeService, breaches: BreachService
) -> None:
    service, token = asking(make_service, breaches, "open")
    breaches.status = 500

    assert service.reset(token, LEAKED).status_code == 200
    assert [(line["level"], line["refused"]) for line in service.events("breach_check_away")] == [("warning", False)]


@pytest.mark.parametrize("status", [200, 500])
def test_the_log_contains_nothing_of_a_password(
    make_service: MakeService, breaches: BreachService, status: int
) -> None:
    service, token = asking(make_service, breaches, "closed")
    breaches.status = status

    service.reset(token, LEAKED)

    assert [secret for secret in (LEAKED, DIGEST[:5], "anna@") if secret in service.logs.getvalue()] == []


def test_the_command_line_asks_the_service_too(make_service: MakeService, breaches: BreachService) -> None:
    breaches.knows(LEAKED)
    service = make_service(BREACH_CHECK="closed", BREACH_CHECK_URL=breaches.url)
    runner = service.app.test_cli_runner()
    add = ["users", "add", "anna@example.com", "--password-stdin"]

    leaked = runner.invoke(args=add, input=LEAKED + "\n")
    breaches.status = 500
    away = runner.invoke(args=add, input=NEW_PASSWORD + "\n")

    assert (leaked.exit_code, away.exit_code) == (1, 1)
    assert "breached" in leaked.output
    assert "BREACH_CHECK" in away.output
