"""Hashing passwords does not block requests for links: a real server whose hashes last until the test ends them."""

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from api.passwords.hashing import at_a_time
from tests.e2e.demo import fetch
from tests.support.servers import free_port, wait_until
from tests.support.service import NEW_PASSWORD, Service

pytestmark = pytest.mark.slow

THREADS = 4
SLOTS = THREADS // 2
MANY = 8
NEW_HASH = "$2b$04$" + "n" * 53

# "fork", so that the server's processes inherit the patched hash(): it is not the default from Python 3.14 on.
HELD = textwrap.dedent("""
    import multiprocessing
    import os
    import time
    from functools import partial

    import redis

    import api.app
    from api.__main__ import main
    from api.passwords.formats.bcrypt_formats import Bcrypt

    def wait(*_):
        store = redis.Redis.from_url(os.environ["REDIS_URL"])
        store.incr("test:begun")
        while not store.exists("test:go"):
            time.sleep(0.02)
        return "$2b$04$" + "n" * 53

    multiprocessing.set_start_method("fork")
    Bcrypt.hash = wait
    api.app.Hashing = partial(api.app.Hashing, wait_for_hash=60)
    main()
""")

Answer = tuple[int, bytes, dict[str, str]]


class Api:
    """`python -m api`, where no hash is finished before `go`."""

    def __init__(self, port: int, service: Service) -> None:
        self._port = port
        self._service = service

    def post(self, path: str, **body: str) -> Answer:
        url = f"http://127.0.0.1:{self._port}{path}"
        status, answer, headers = fetch(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
        return status, answer, {name.lower(): value for name, value in headers.items()}

    def reset(self, token: str) -> Answer:
        return self.post("/reset-password", token=token, password=NEW_PASSWORD)

    def answers(self) -> bool:
        try:
            return fetch(f"http://127.0.0.1:{self._port}/healthz")[0] == 200
        except OSError:
            return False

    def begun(self) -> int:
        return int(str(self._service.redis.get("test:begun") or 0))

    def go(self) -> None:
        self._service.redis.set("test:go", 1)


@pytest.fixture
def api(service: Service) -> Iterator[Api]:
    port = free_port()
    environ = {**os.environ, **service.environ, "PORT": str(port), "WEB_THREADS": str(THREADS)}
    process = subprocess.Popen([sys.executable, "-c", HELD], env=environ, stderr=subprocess.DEVNULL)
    api = Api(port, service)
    try:
        wait_until(api.answers, "the API does not start", 30)
        yield api
    finally:
        api.go()
        process.terminate()
        process.wait(20)


@pytest.fixture
def links(service: Service) -> dict[str, str]:
    """Users, each with a link."""
    addresses = [f"user{number}@example.com" for number in range(MANY)]
    for address in addresses:
        service.add_user(address)
    return {address: service.link_for(address) for address in addresses}


def done(answers: dict[str, Future[Answer]]) -> dict[str, Answer]:
    return {name: answer.result() for name, answer in answers.items() if answer.done()}


def test_links_can_be_requested_while_passwords_are_hashed_and_excess_resets_are_refused(
    service: Service, api: Api, links: dict[str, str]
) -> None:
    before = {address: service.stored_hash(address) for address in links}

    with ThreadPoolExecutor(MANY) as pool:
        answers = {address: pool.submit(api.reset, token) for address, token in links.items()}
        wait_until(lambda: len(done(answers)) == MANY - SLOTS, "too few resets were refused")
        wait_until(lambda: api.begun() == at_a_time(SLOTS), "too few passwords are being hashed")
        door = [api.post("/forgot-password", email=f"u{number}@example.com")[0] for number in range(10)]
        refused, begun = done(answers), api.begun()
        api.go()

    assert door == [202] * 10
    assert begun == at_a_time(SLOTS)
    assert {(status, headers.get("retry-after")) for status, _, headers in refused.values()} == {(503, "5")}
    assert len(refused) == MANY - SLOTS
    assert {answers[address].result()[0] for address in answers.keys() - refused.keys()} == {200}
    after = {address: service.stored_hash(address) for address in links}
    assert after == {address: before[address] if address in refused else NEW_HASH for address in links}
    assert {api.reset(links[address])[0] for address in refused} == {200}


def test_parallel_resets_with_one_link_are_told_that_it_is_dead(
    service: Service, api: Api, links: dict[str, str]
) -> None:
    address, token = next(iter(links.items()))

    with ThreadPoolExecutor(MANY) as pool:
        answers = {str(number): pool.submit(api.reset, token) for number in range(MANY)}
        wait_until(lambda: len(done(answers)) == MANY - SLOTS, "too few resets were refused")
        refused = done(answers)
        door = api.post("/forgot-password", email="berta@example.com")[0]
        api.go()

    assert door == 202
    assert {status for status, _, _ in refused.values()} == {400}
    assert sorted(answer.result()[0] for answer in answers.values()) == [200] + [400] * (MANY - 1)
    assert service.stored_hash(address) == NEW_HASH
