"""Setting passwords kept from other people by somebody with many accounts (CWE-400, CWE-770)."""

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.attacks.client import Answer
from tests.attacks.conftest import MakeTarget
from tests.attacks.target import Target
from tests.support.hashes import encode
from tests.support.servers import wait_until
from tests.support.service import NEW_PASSWORD, OLD_PASSWORD

ACCOUNTS = 40
CONNECTIONS = 8
OTHERS = 20
EVE = "2001:db8:1::1"
COST = 10  # As the service under attack hashes: every comparison takes as long as a new hash.


def send(target: Target, token: str, password: str, client: str) -> Answer:
    return target.post("/reset-password", {"token": token, "password": password}, {"X-Forwarded-For": client})


def set_password(target: Target, token: str, client: str) -> int:
    """Set a password, with a second try after a 503, as the page does: a busy machine alone may cause one."""
    statuses = (send(target, token, NEW_PASSWORD, client).status for _ in range(2))
    return next((status for status in statuses if status != 503), 503)


def links(target: Target, name: str, number: int) -> list[str]:
    stored = encode(OLD_PASSWORD, "bcrypt", COST)
    addresses = [f"{name}{each}@example.com" for each in range(number)]
    for address in addresses:
        target.add_user(address, stored)
    return [target.token_of(address) for address in addresses]


@contextmanager
def refused_in_turn(target: Target, tokens: list[str]) -> Iterator[list[int]]:
    """Use the links over and over, each from its own network, with the old password; yield the statuses so far."""
    statuses: list[int] = []
    turns = itertools.cycle(enumerate(tokens))
    ended, taking = threading.Event(), threading.Lock()

    def attack() -> None:
        while not ended.is_set():
            with taking:
                number, token = next(turns)
            statuses.append(send(target, token, OLD_PASSWORD, f"2001:db8:0:{number:x}::1").status)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for _ in range(CONNECTIONS):
            pool.submit(attack)
        try:
            yield statuses
        finally:
            ended.set()


@pytest.mark.parametrize("limit", ["10/minute", "1000/minute"])
def test_many_links_of_one_person_do_not_keep_others_from_setting_a_password(
    make_target: MakeTarget, limit: str
) -> None:
    """40 accounts and 40 networks, each within its limits. With a high limit, the places alone have to hold."""
    target = make_target(
        worker=False,
        TRUSTED_PROXIES="1",
        RESET_LIMIT_PER_IP="100/minute",
        BCRYPT_ROUNDS=str(COST),
        RESET_LIMIT_PER_LINK=limit,
    )
    own, others = links(target, "eve", ACCOUNTS), links(target, "other", OTHERS)

    for token in own:  # These first tries may keep others waiting, once for each account.
        wait_until(lambda token=token: send(target, token, OLD_PASSWORD, EVE).status == 422, "not refused")

    with refused_in_turn(target, own) as statuses:
        wait_until(lambda: 503 in statuses, "the attack does not begin", 60)
        found = [set_password(target, token, f"198.51.100.{n}") for n, token in enumerate(others)]

    assert found == [200] * OTHERS
