"""Races for links: against themselves, against each other, and against changes by the application."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import bcrypt
import pytest

from tests.attacks.client import Answer
from tests.attacks.forgery import ANNA, payload_of, refuse, sign
from tests.attacks.target import DEAD, Target
from tests.support.servers import wait_until

MANY = 24
WON = (200, "")
BUSY = (503, "unavailable")
HOLD = "SELECT 1 FROM users FOR UPDATE"


@pytest.fixture
def token(target: Target) -> str:
    """An unused link for Anna."""
    target.add_user(ANNA)
    return target.token_of(ANNA)


def at_once(calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """Make all calls simultaneously, from behind a barrier."""
    gate = Barrier(len(calls))

    def call(number: int) -> Answer:
        gate.wait()
        return calls[number]()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, range(len(calls))))


WAITING = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'",
    "mysql": "SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'",
}


@pytest.fixture(autouse=True)
def _locks_rows(target: Target) -> None:
    if target.kind == "sqlite":
        pytest.skip("SQLite locks the whole file: no statement waits for a row")


def password(number: int) -> str:
    return f"the password of number {number}"


def resets(target: Target, links: list[str]) -> list[Callable[[], Answer]]:
    """Return calls that each set a different password with their link."""
    return [partial(target.reset, link, password(number)) for number, link in enumerate(links)]


def wait_for_waiting(target: Target, number: int) -> None:
    """Wait until this many statements are waiting for a row lock."""
    wait_until(lambda: target.sql(WAITING[target.kind])[0][0] == number, "nothing is waiting for the row", 4)


def assert_one_won(target: Target, answers: list[Answer]) -> None:
    """Assert that one response reports success, its password is stored, and the owner is notified once."""
    outcomes = [answer.outcome for answer in answers]
    assert sorted(outcomes) == [WON] + [DEAD] * (len(answers) - 1)
    assert bcrypt.checkpw(password(outcomes.index(WON)).encode(), target.stored_hash(ANNA).encode())
    assert target.recipients == [ANNA]


def test_one_link_used_many_times_at_once_does_not_work_twice(target: Target, token: str) -> None:
    """A race for a single use (CWE-362): Parse Server GHSA-r3xq-68wh-gwvh, Keycloak #51220."""
    answers = at_once(resets(target, [token] * MANY))

    assert_one_won(target, answers)
    refuse(target, token)


def test_two_resets_that_passed_every_check_do_not_both_use_a_link(target: Target, token: str) -> None:
    """The same race with its window held open (Keycloak #37231: a link opened in two browsers at once)."""
    with ThreadPoolExecutor() as pool, target.transaction() as run:
        run(HOLD)
        answers = [pool.submit(reset) for reset in resets(target, [token] * 2)]
        wait_for_waiting(target, 2)

    assert_one_won(target, [answer.result() for answer in answers])


def test_two_links_of_one_user_at_once_do_not_both_work(target: Target, token: str) -> None:
    """A race between different single-use tokens (CWE-362), with the same window held open."""
    links = [token, sign(payload_of(token), later=-60)]
    with ThreadPoolExecutor() as pool, target.transaction() as run:
        run(HOLD)
        answers = [pool.submit(reset) for reset in resets(target, links)]
        wait_for_waiting(target, 2)

    assert_one_won(target, [answer.result() for answer in answers])
    for link in links:
        refuse(target, link)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE users SET password_hash = '$2b$04$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'",
        "UPDATE users SET email = 'safe@example.com'",
        "UPDATE users SET email = 'Anna@example.com'",
        "UPDATE users SET is_active = false",
        "DELETE FROM users",
    ],
)
def test_a_reset_does_not_overwrite_a_change_in_between(target: Target, token: str, change: str) -> None:
    """Time of check to time of use (CWE-367): the owner saves the account during the attacker's reset."""
    with ThreadPoolExecutor() as pool:
        with target.transaction() as run:
            run(change)
            answer = pool.submit(target.reset, token)
            wait_for_waiting(target, 1)
        assert answer.result().outcome == DEAD

    changed = target.sql("SELECT password_hash, password_changed_at FROM users WHERE password_hash <> ''")
    assert [row[1] for row in changed] == [None] * len(changed)
    assert target.recipients == []
    with target.transaction() as run:
        run(change)
    refuse(target, token)


def test_a_check_does_not_wait_for_a_reset_under_way(target: Target, token: str) -> None:
    """A race between check and reset: a check does not block, and reports the link as valid until it is used."""
    with ThreadPoolExecutor() as pool:
        with target.transaction() as run:
            run(HOLD)
            answer = pool.submit(target.reset, token)
            wait_for_waiting(target, 1)
            assert target.check(token).status == 200
        assert answer.result().status == 200

    assert target.check(token).outcome == DEAD


def test_checks_at_once_do_not_disturb_a_reset(target: Target, token: str) -> None:
    """The same in any order: each check gets a response that was true at some point, and the reset succeeds."""
    check: Callable[[], Answer] = lambda: target.check(token)  # noqa: E731 - one call among many
    reset, *checks = at_once([lambda: target.reset(token), *[check] * MANY])

    # Without a free slot nothing is done, and the link stays valid.
    assert reset.outcome in {WON, BUSY}
    assert {answer.outcome for answer in checks} <= {WON, DEAD, BUSY}
    if reset.outcome == BUSY:
        assert target.reset(token).outcome == WON
    assert target.check(token).outcome == DEAD
