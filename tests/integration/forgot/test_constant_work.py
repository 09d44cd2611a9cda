"""The forgot path does the same work for every address, so it cannot reveal whether an account exists."""

import gc
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import bcrypt
import pytest
from sqlalchemy import event

from shared.database.connections import db
from tests.support.service import Service

CASES = {
    "known": ["anna@example.com"],
    "unknown": ["nobody@example.com"],
    "just asked": ["anna@example.com", "anna@example.com"],
    "over its quota": ["anna@example.com"] * 6,
    "long over its quota": ["anna@example.com"] * 30,
    "inactive": ["ben@example.com"],
}


@contextmanager
def counted_statements(service: Service) -> Iterator[list[str]]:
    statements: list[str] = []

    def count(*arguments: Any) -> None:
        statements.append(arguments[2])

    with service.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", count)
    yield statements
    event.remove(engine, "before_cursor_execute", count)


def redis_commands(service: Service) -> dict[str, int]:
    found: Any = service.redis.info("commandstats")
    return {name: figures["calls"] for name, figures in found.items()}


def last_request(service: Service, addresses: list[str]) -> tuple[Any, dict[str, int]]:
    for address in addresses[:-1]:
        service.forgot(address)
    service.redis.config_resetstat()
    answer = service.forgot(addresses[-1])
    return answer, redis_commands(service)


@pytest.fixture
def populated(service: Service) -> Service:
    service.add_user("anna@example.com")
    service.add_user("ben@example.com")
    service.sql("UPDATE users SET is_active = false WHERE email = 'ben@example.com'")
    return service


def test_the_forgot_path_makes_no_query_and_hashes_nothing(populated: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_hash(*_: Any) -> bytes:
        pytest.fail("a password was hashed")

    monkeypatch.setattr(bcrypt, "hashpw", no_hash)
    monkeypatch.setattr(bcrypt, "checkpw", no_hash)
    with counted_statements(populated) as statements:
        found = [populated.forgot(addresses[-1]).status_code for addresses in CASES.values()]

    assert found == [202] * len(CASES)
    assert statements == []


@pytest.mark.parametrize("case", list(CASES))
def test_redis_does_the_same_for_every_address(populated: Service, case: str) -> None:
    populated.forgot("somebody@example.com")
    expected_answer, expected = last_request(populated, ["somebody.else@example.com"])

    answer, commands = last_request(populated, CASES[case])

    assert commands == expected
    assert commands["cmdstat_evalsha"] == 1
    assert (answer.status_code, answer.data) == (expected_answer.status_code, expected_answer.data)
    assert [name for name, _ in answer.headers] == [name for name, _ in expected_answer.headers]


def functions_called(service: Service, address: str, **fields: str) -> Counter[str]:
    """Count the calls of each Python function in a request."""
    found: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call":
            found[f"{frame.f_code.co_filename}:{frame.f_code.co_name}"] += 1

    gc.disable()  # Callbacks of the garbage collector, such as hypothesis's, would be counted too.
    sys.setprofile(count)
    try:
        service.client.post("/forgot-password", json={"email": address, **fields})
    finally:
        sys.setprofile(None)
        gc.enable()
    return found


@pytest.mark.parametrize("case", list(CASES))
def test_python_does_the_same_for_every_address(populated: Service, case: str) -> None:
    # The first requests also fill caches.
    for number in range(2):
        populated.forgot(f"somebody.{number}@example.com")
    expected = functions_called(populated, "somebody.else@example.com")
    for address in CASES[case][:-1]:
        populated.forgot(address)

    called = functions_called(populated, CASES[case][-1])

    assert called - expected == expected - called == Counter()


def test_a_request_within_its_limits_goes_past_flask_limiter(service: Service) -> None:
    service.forgot("somebody@example.com")

    called = functions_called(service, "somebody.else@example.com")

    assert [function for function in called if "flask_limiter" in function] == []


def test_an_unknown_field_costs_little_work(service: Service) -> None:
    """Fields are validated before any limit counts."""

    def calls(unknown: int) -> int:
        fields = {f"{number:x}": "" for number in range(unknown)}
        return functions_called(service, "anna@example.com", **fields).total()

    calls(1)
    assert calls(1500) - calls(1) < 1500 * 10
