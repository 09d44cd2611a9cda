"""Leaked passwords, and a breach service that is unreachable, hostile or curious."""

import time
from collections.abc import Iterator

import pytest

from tests.attacks.conftest import MakeTarget
from tests.attacks.passwords import ANNA, refusal
from tests.attacks.target import Target
from tests.support.service import NEW_PASSWORD
from tests.support.stand_ins.breach_service import BreachService, breach_service


@pytest.fixture(scope="session")
def breaches_of_all() -> Iterator[BreachService]:
    with breach_service() as service:
        yield service


@pytest.fixture
def breaches(breaches_of_all: BreachService) -> BreachService:
    """A breach service that knows no password yet. Always the same one, so that the targets using it can be shared."""
    breaches_of_all.forget()
    return breaches_of_all


@pytest.fixture
def careful(share_target: MakeTarget, breaches: BreachService) -> Target:
    """A service that sets no password unless it can look it up."""
    return share_target(worker=False, BREACH_CHECK="closed", BREACH_CHECK_URL=breaches.url)


def test_a_leaked_password_is_refused_and_does_not_leak_again(careful: Target, breaches: BreachService) -> None:
    """Credential stuffing (ASVS 6.2.12), and the check itself as a leak: only five digits of a hash are sent."""
    leaked = "seventeen yellow umbrellas"
    breaches.knows(leaked)

    assert refusal(careful, leaked) == (422, "weak_password", ["breached"])

    [(path, headers)] = breaches.asked
    assert len(path.removeprefix("/range/")) == 5
    assert "anna" not in str(headers)
    assert [secret for secret in (leaked, path.removeprefix("/range/")) if secret in careful.logs()] == []


def test_cutting_off_the_list_of_leaked_passwords_lets_none_through(careful: Target, breaches: BreachService) -> None:
    """Failing open (CWE-636): an attacker who can block the breach service could set a leaked password."""
    for status, body in ((500, None), (200, b""), (200, b"<html>")):
        breaches.status, breaches.body = status, body
        assert refusal(careful, NEW_PASSWORD)[:2] == (503, "unavailable")


def test_the_list_of_leaked_passwords_leads_nowhere_else(make_target: MakeTarget, breaches: BreachService) -> None:
    """Server-side request forgery by a redirect (CWE-918): the API must not fetch a URL that someone else chooses."""
    with breach_service() as inside:
        target = make_target(worker=False, BREACH_CHECK="open", BREACH_CHECK_URL=breaches.url)
        target.add_user(ANNA)
        breaches.status, breaches.headers = 302, {"Location": inside.url}

        assert target.reset(target.token_of(ANNA)).status == 200

    assert (len(breaches.asked), inside.asked) == (1, [])


def test_a_list_that_answers_a_byte_at_a_time_holds_nobody_up(careful: Target, breaches: BreachService) -> None:
    """Slow upstream (CWE-400): the whole look-up is limited to two seconds, however slowly the bytes arrive."""
    breaches.seconds_per_byte = 0.5
    started = time.monotonic()

    assert refusal(careful, NEW_PASSWORD)[:2] == (503, "unavailable")
    assert time.monotonic() - started < 4
