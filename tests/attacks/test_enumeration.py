"""Enumeration: responses never reveal who has an account, whatever else is going on (CWE-204).

Timing is not tested here: `python -m benchmarks timing` measures it, and tests/integration/forgot/test_constant_work.py
counts the work.
"""

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from tests.attacks.answers import KINDS, KNOWN, TWINS, UNKNOWN, alike, ask_for_each_kind, forgot, populate, stopped
from tests.attacks.conftest import MakeTarget
from tests.attacks.target import Target
from tests.conftest import require_redis
from tests.faults.database import Postgres
from tests.support.servers import free_port


@pytest.fixture
def golden(target: Target) -> dict[str, bytes]:
    """The one response expected for every kind: that for an unknown address while everything is up."""
    answer = forgot(target, "stranger@example.com")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 202 Accepted\r\n")
    assert b"x-request-id: ID" in head
    assert not re.search(rb"(?i)set-cookie|etag|server-timing|x-ratelimit|retry-after|location", head)
    assert json.loads(body).keys() == {"message"}
    return dict.fromkeys(KINDS, answer)


def test_the_answer_does_not_tell_who_has_an_account(target: Target, golden: dict[str, bytes]) -> None:
    """The response differs by account (Zitadel CVE-2024-41952, Django CVE-2024-39329, Symfony CVE-2021-21424)."""
    populate(target)

    assert ask_for_each_kind(target) == golden


def test_the_answer_does_not_tell_while_no_worker_answers(target: Target, golden: dict[str, bytes]) -> None:
    """A failure behind the API shows only for accounts (CWE-203, Django CVE-2024-45231)."""
    populate(target)

    with stopped(target.worker.pids()):
        assert ask_for_each_kind(target) == golden


class CutOff(NamedTuple):
    """A service with an unreachable relay and a database that can be stopped."""

    target: Target
    database: Postgres


@pytest.fixture(scope="module")
def cut_off_of_all(postgres: Any) -> Iterator[CutOff]:
    require_redis()
    # Not in pytest's own folder: see `postgres` in tests/conftest.py.
    with tempfile.TemporaryDirectory(prefix="latchkey-") as folder:
        database = Postgres(Path(folder), users=0)
        try:
            # The target creates its own users table in place of this one.
            with psycopg.connect(database.url) as connection:
                connection.execute("DROP TABLE users")
            with Target(Path(folder) / "target", database.url, {"MAIL_PORT": str(free_port())}) as target:
                populate(target)
                yield CutOff(target, database)
        finally:
            database.close()


@pytest.fixture
def cut_off(cut_off_of_all: CutOff) -> CutOff:
    cut_off_of_all.target.forget_counts()
    return cut_off_of_all


def test_the_answer_does_not_tell_while_no_mail_can_be_sent(cut_off: CutOff, golden: dict[str, bytes]) -> None:
    """An email that can't be sent fails the request, but only for accounts (Django CVE-2024-45231)."""
    assert ask_for_each_kind(cut_off.target) == golden


def test_the_answer_does_not_tell_while_the_database_is_down(cut_off: CutOff, golden: dict[str, bytes]) -> None:
    """A failed look-up reveals that there is one (CWE-209, Zitadel CVE-2024-41952: a database error)."""
    cut_off.database.stop()
    try:
        assert ask_for_each_kind(cut_off.target) == golden
    finally:
        cut_off.database.start()


def test_the_answer_does_not_tell_while_redis_is_down(cut_off: CutOff) -> None:
    """Without its store, a limiter refuses some requests and lets others through (CWE-636)."""
    target = cut_off.target
    ask_for_each_kind(target)
    target.redis.stop()
    try:
        answers = ask_for_each_kind(target)
    finally:
        target.redis.start()

    assert answers["unknown"].startswith(b"HTTP/1.1 503 ")
    assert answers == dict.fromkeys(KINDS, answers["unknown"])


def test_the_quota_of_an_address_does_not_tell_who_has_an_account(target: Target) -> None:
    """Only accounts have a quota: PyPI, Supabase's GoTrue and Laravel answered 429 only for them (CWE-204)."""
    target.add_user(KNOWN)

    answers = {address: [forgot(target, address) for _ in range(6)] for address in (KNOWN, UNKNOWN)}

    assert answers[KNOWN] == answers[UNKNOWN]
    assert target.recipients == [KNOWN] * 3


def test_the_limit_of_a_client_does_not_tell_who_has_an_account(limited: Target) -> None:
    """The limit is reached sooner for accounts, or reports a different Retry-After (CWE-204)."""
    limited.add_user(KNOWN)

    known = [limited.forgot(KNOWN, {"X-Forwarded-For": "198.51.100.1"}) for _ in range(7)]
    unknown = [limited.forgot(UNKNOWN, {"X-Forwarded-For": "198.51.100.2"}) for _ in range(7)]

    assert [answer.status for answer in known] == [202] * 5 + [429] * 2
    assert alike(known, unknown)


def test_a_quota_that_is_shown_does_not_tell_who_has_an_account(make_target: MakeTarget, tmp_path: Path) -> None:
    """FORGOT_EMAIL_LIMIT_RESPONSE=429 reveals the quota, but must not reveal who has an account (CWE-204)."""
    url = f"sqlite:///{tmp_path / 'users.sqlite3'}"
    loud = make_target(worker=False, database_url=url, FORGOT_EMAIL_LIMIT_RESPONSE="429")
    loud.add_user(KNOWN)

    known, unknown = ([loud.forgot(address) for _ in range(5)] for address in (KNOWN, UNKNOWN))

    assert [answer.status for answer in known] == [202] * 3 + [429] * 2
    assert alike(known, unknown)


def test_a_repeated_request_id_tells_nothing_and_swallows_no_mail(target: Target) -> None:
    """A repeated request id gets a different response (CWE-204), or its request is dropped as a duplicate (CWE-694)."""
    target.add_user(KNOWN)

    answers = {forgot(target, address, "X-Request-ID: of-my-choice") for address in (UNKNOWN, KNOWN, UNKNOWN, KNOWN)}

    assert len(answers) == 1
    assert b"\r\nx-request-id: of-my-choice\r\n" in answers.pop()
    assert target.recipients == [KNOWN] * 2


def test_nobody_but_the_owner_of_an_account_gets_a_mail(target: Target) -> None:
    """The email goes to whoever typed the address, which also reveals whether it has an account (CWE-203; Ory Kratos
    has an option for it).

    An address without an account gets no email, and each of two rows gets one at its own address.
    """
    populate(target)

    ask_for_each_kind(target)

    expected = [KNOWN, *TWINS, *["again@example.com"] * 2, *["often@example.com"] * 3]
    assert sorted(target.recipients) == sorted(expected)
