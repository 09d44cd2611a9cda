"""Exactly one of any number of parallel resets wins, and a change in between makes the link void."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import bcrypt
import pytest

from tests.integration.conftest import before_hashing
from tests.support.outbox import make_due
from tests.support.service import Service

MANY = 20
KEPT = None  # The stored hash is unchanged.


def test_exactly_one_of_twenty_parallel_resets_with_one_link_wins(service_on_each: Service) -> None:
    service = service_on_each
    service.add_user("anna@example.com")
    token = service.link_for("anna@example.com")
    gate = Barrier(MANY)

    def reset(number: int) -> int:
        client = service.app.test_client()
        gate.wait()
        body = {"token": token, "password": f"the password of number {number}"}
        return client.post("/reset-password", json=body).status_code

    with ThreadPoolExecutor(MANY) as pool:
        found = list(pool.map(reset, range(MANY)))
    service.work()

    assert sorted(found) == [200] + [400] * (MANY - 1)
    winner = f"the password of number {found.index(200)}"
    assert bcrypt.checkpw(winner.encode(), service.stored_hash("anna@example.com").encode())
    assert service.relay.subjects() == ["Reset your Latchkey password", "Your Latchkey password was changed"]


@pytest.mark.parametrize(
    ("change", "hashes"),
    [
        ("UPDATE users SET password_hash = 'changed by another program'", ["changed by another program"]),
        ("UPDATE users SET email = 'another@example.com'", [KEPT]),
        ("UPDATE users SET is_active = false", [KEPT]),
        ("DELETE FROM users", []),
    ],
)
def test_a_change_between_load_and_update_makes_the_link_void(
    service_on_each: Service, change: str, hashes: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = service_on_each
    stored = service.add_user("anna@example.com")
    token = service.link_for("anna@example.com")
    before_hashing(monkeypatch, lambda: service.sql(change))

    answer = service.reset(token)

    assert answer.status_code == 400
    rows = [tuple(row) for row in service.sql("SELECT password_hash, password_changed_at FROM users")]
    assert rows == [(stored if left is KEPT else left, None) for left in hashes]


def test_a_reset_that_loses_the_race_sends_no_second_notice(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    service.add_user("anna@example.com")
    token = service.link_for("anna@example.com")
    other = service.app.test_client()

    def overtake() -> None:
        monkeypatch.undo()
        other.post("/reset-password", json={"token": token, "password": "quicker than the other"})
        service.work()

    before_hashing(monkeypatch, overtake)

    answer = service.reset(token)
    make_due(service.redis)
    service.work()

    assert answer.status_code == 400
    assert service.relay.subjects().count("Your Latchkey password was changed") == 1
