"""Leaked passwords are looked up over HTTP, and whatever comes back, nobody waits long and nothing is given away."""

import hashlib
import time
from collections.abc import Iterator

import pytest

import api.breaches
from api.breaches import MOST_BYTES, BreachCheckAway, RangeService
from api.password_policy import WeakPassword
from tests.breach_service import PADDING, BreachService, breach_service
from tests.conftest import MakeService
from tests.servers import free_port
from tests.service import NEW_PASSWORD, Service

LEAKED = "a password that has leaked"
DIGEST = hashlib.sha1(LEAKED.encode(), usedforsecurity=False).hexdigest().upper()


@pytest.fixture
def breaches() -> Iterator[BreachService]:
    with breach_service() as service:
        service.knows(LEAKED)
        yield service


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> float:
    """Less of it, so that the test does not need as much."""
    monkeypatch.setattr(api.breaches, "PATIENCE", 0.3)
    return 0.3


def asking(make_service: MakeService, breaches: BreachService, mode: str) -> tuple[Service, str]:
    service = make_service(BREACH_CHECK=mode, BREACH_CHECK_URL=breaches.url)
    service.add_user("anna@example.com")
    return service, service.link_for("anna@example.com")


@pytest.mark.parametrize("mode", ["open", "closed"])
def test_a_leaked_password_is_refused_and_another_taken(
    make_service: MakeService, breaches: BreachService, mode: str
) -> None:
    service, token = asking(make_service, breaches, mode)

    refused, taken = service.reset(token, LEAKED), service.reset(token)

    assert refused.json is not None
    assert (refused.status_code, refused.json["code"], refused.json["reasons"]) == (422, "weak_password", ["breached"])
    assert taken.status_code == 200


def test_five_digits_leave_and_nothing_else_that_depends_on_the_password_or_its_owner(
    make_service: MakeService, breaches: BreachService
) -> None:
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


def test_nobody_is_asked_unless_it_is_set(make_service: MakeService, breaches: BreachService) -> None:
    service, token = asking(make_service, breaches, "off")

    assert service.reset(token, LEAKED).status_code == 200
    assert breaches.asked == []


def test_nobody_is_asked_for_a_password_that_the_rules_refuse(
    make_service: MakeService, breaches: BreachService
) -> None:
    service, token = asking(make_service, breaches, "closed")

    answers = [service.reset(token, password) for password in ("short", "passwordpassword", "anna@example.com1")]
    answers.append(service.reset(token[:-2] + "xx", LEAKED))

    assert [answer.status_code for answer in answers] == [422, 422, 422, 400]
    assert breaches.asked == []


def test_padding_is_no_leak(breaches: BreachService) -> None:
    breaches.knows(LEAKED, times=0)

    RangeService(breaches.url, 1, needed=True).check(LEAKED)

    assert len(breaches.asked) == 1


def test_it_may_answer_in_lower_case_and_with_other_line_ends(breaches: BreachService) -> None:
    breaches.body = f"{PADDING}\n{DIGEST[5:].lower()}:1\n".encode()

    with pytest.raises(WeakPassword):
        RangeService(breaches.url, 1, needed=True).check(LEAKED)


AWAY = {
    "an error": {"status": 500},
    "too many requests": {"status": 429},
    "a redirect": {"status": 302, "headers": {"Location": "/range/00000"}},
    "a page": {"body": b"<html>Log in to the wireless network</html>"},
    "nothing": {"body": b""},
    "half garbage": {"body": PADDING.encode() + b"\r\n\xff\xfe:x"},
    "too much": {"body": (PADDING + "\r\n").encode() * (MOST_BYTES // 39 + 1)},
    "an answer cut short": {"headers": {"Content-Length": "100000"}},
    "a header without end": {"headers": {"X": "x" * 70_000}},
}


@pytest.mark.parametrize("how", AWAY.values(), ids=AWAY)
def test_without_a_proper_answer_the_setting_decides(breaches: BreachService, how: dict[str, object]) -> None:
    for name, value in how.items():
        setattr(breaches, name, value)

    RangeService(breaches.url, 1, needed=False).check(LEAKED)
    with pytest.raises(BreachCheckAway):
        RangeService(breaches.url, 1, needed=True).check(LEAKED)

    assert [path for path, _ in breaches.asked] == [f"/range/{DIGEST[:5]}"] * 2


@pytest.mark.parametrize("slowly", [0.05, 5.0])
def test_an_answer_that_comes_slowly_is_not_waited_for(breaches: BreachService, patience: float, slowly: float) -> None:
    breaches.seconds_per_byte = slowly
    service = RangeService(breaches.url, 1, needed=True)
    started = time.monotonic()

    with pytest.raises(BreachCheckAway):
        service.check(LEAKED)

    assert patience <= time.monotonic() - started < patience + 0.3
    # And the thread that asked is free again, though the answer would take for ever.
    service._askers.submit(int).result(2)


def test_a_service_that_is_not_there_is_no_error_of_ours(patience: float) -> None:
    with pytest.raises(BreachCheckAway):
        RangeService(f"http://127.0.0.1:{free_port()}/range/", 1, needed=True).check(LEAKED)


def test_a_certificate_that_nobody_vouches_for_is_not_believed(breaches: BreachService, patience: float) -> None:
    with pytest.raises(BreachCheckAway):
        RangeService(breaches.url.replace("http://", "https://"), 1, needed=True).check(LEAKED)


def test_closed_means_503_while_it_is_away_and_the_link_stays_good(
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


def test_open_means_that_a_reset_goes_on_while_it_is_away_and_the_log_tells(
    make_service: MakeService, breaches: BreachService
) -> None:
    service, token = asking(make_service, breaches, "open")
    breaches.status = 500

    assert service.reset(token, LEAKED).status_code == 200
    assert [(line["level"], line["refused"]) for line in service.events("breach_check_away")] == [("warning", False)]


@pytest.mark.parametrize("status", [200, 500])
def test_the_log_holds_nothing_of_a_password(make_service: MakeService, breaches: BreachService, status: int) -> None:
    service, token = asking(make_service, breaches, "closed")
    breaches.status = status

    service.reset(token, LEAKED)

    assert [secret for secret in (LEAKED, DIGEST[:5], "anna@") if secret in service.logs.getvalue()] == []


def test_the_command_line_asks_too(make_service: MakeService, breaches: BreachService) -> None:
    service = make_service(BREACH_CHECK="closed", BREACH_CHECK_URL=breaches.url)
    runner = service.app.test_cli_runner()
    add = ["users", "add", "anna@example.com", "--password-stdin"]

    leaked = runner.invoke(args=add, input=LEAKED + "\n")
    breaches.status = 500
    away = runner.invoke(args=add, input=NEW_PASSWORD + "\n")

    assert (leaked.exit_code, away.exit_code) == (1, 1)
    assert "breached" in leaked.output
    assert "BREACH_CHECK" in away.output
