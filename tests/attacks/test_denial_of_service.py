"""Requests meant to exhaust memory, threads, connections or the CPU."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import psutil
import pytest

from api.web.json_request import MAX_BODY
from tests.attacks.client import Answer
from tests.attacks.conftest import MakeTarget
from tests.attacks.target import Target
from tests.support.servers import wait_until

POST = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
MEGABYTE = 2**20
HONEST = 20
PROMPT = 5.0  # Seconds. Generous enough for a busy machine; it does not measure speed.
BUSY = (503, "unavailable")


def memory(target: Target) -> int:
    """Return the resident memory of the API's processes, in bytes."""
    return sum(int(psutil.Process(pid).memory_info().rss) for pid in target.api.pids())


def slowest(target: Target, number: int = HONEST) -> float:
    """Send requests from ordinary users; return the seconds that the slowest response took."""
    seconds = []
    for person in range(number):
        begun = time.monotonic()
        assert target.forgot(f"person{person}@example.com").status == 202
        seconds.append(time.monotonic() - begun)
    return max(seconds)


@pytest.mark.parametrize("path", [b"/forgot-password", b"/nothing", b"/healthz"])
@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"])
def test_a_gigabyte_that_is_announced_is_refused_before_any_of_it_came(
    target: Target, path: bytes, expect: bytes
) -> None:
    """Allocation without limits, CWE-770."""
    begun = time.monotonic()

    answer = target.send(POST % path + expect + b"Content-Length: 1073741824\r\n\r\n", seconds=10)

    assert int(answer[9:12]) == {b"/forgot-password": 413, b"/nothing": 404, b"/healthz": 405}[path]
    # The server closed the connection; it did not wait for the rest.
    assert time.monotonic() - begun < PROMPT


@pytest.mark.parametrize("path", [b"/forgot-password", b"/nothing"])
def test_hundreds_of_megabytes_in_chunks_are_not_read(target: Target, path: bytes) -> None:
    """A body without an end or a Content-Length, CWE-400."""
    before = memory(target)
    chunk = b"%x\r\n" % MEGABYTE + b"x" * MEGABYTE + b"\r\n"

    begun = time.monotonic()
    answer = target.send(POST % path + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 200, seconds=10)

    assert time.monotonic() - begun < PROMPT
    assert not answer or int(answer[9:12]) in (413, 404)
    assert memory(target) - before < 30 * MEGABYTE


def test_a_body_in_chunks_is_refused_at_the_limit_and_not_cut_there(target: Target) -> None:
    """A body truncated silently changes its meaning, CWE-130."""
    body = b'{"email": "anna@example.com"}'.ljust(MAX_BODY) + b"x"
    head = POST % b"/forgot-password" + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"

    answer = target.send(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert target.recipients == []


@pytest.mark.parametrize(
    "headers",
    [b"X-Long: " + b"x" * MEGABYTE, b"\r\n".join(b"X-%d: x" % number for number in range(5000))],
    ids=["long", "many"],
)
def test_a_megabyte_of_headers_is_refused(target: Target, headers: bytes) -> None:
    """Headers without a limit, CWE-770."""
    before = memory(target)

    answer = target.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n\r\n")

    assert not answer or answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))
    assert memory(target) - before < 10 * MEGABYTE
    assert target.request("GET", "/healthz").status == 200


def test_http2_is_not_spoken(target: Target) -> None:
    """Its header lists are larger than HTTP/1's, and it has its own floods (CVE-2023-44487)."""
    settings = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"

    answer = target.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings)

    assert not answer.startswith(b"\x00")
    assert answer[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 505")


@pytest.fixture
def strained(share_target: MakeTarget) -> Target:
    """The service with few threads, and with a slow password hash."""
    return share_target(worker=False, BCRYPT_ROUNDS="14", WEB_THREADS="4")


def test_resets_beyond_the_slots_do_not_block_other_requests(strained: Target) -> None:
    """Password hashing as a denial of service, CWE-400 (Django CVE-2013-1443 by length; here by number)."""
    target = strained
    people = [f"user{number}@example.com" for number in range(12)]
    for address in people:
        target.add_user(address)
    tokens = [target.token_of(address) for address in people]

    with ThreadPoolExecutor(len(tokens)) as pool:
        answers = [pool.submit(target.reset, token) for token in tokens]
        wait_until(lambda: sum(is_refused(answer) for answer in answers) == 10, "too few resets were refused", 4)
        during = slowest(target, 5)
    outcomes = [answer.result() for answer in answers]

    refused = [answer for answer in outcomes if answer.status != 200]
    assert {(answer.outcome, answer.headers["retry-after"]) for answer in refused} == {(BUSY, "5")}
    # Two requests get a slot and are hashed one after the other; on a slow machine the second may time out.
    assert len(refused) in {10, 11}
    assert during < PROMPT
    good = [target.check(token).status for token, answer in zip(tokens, outcomes, strict=True) if answer.status == 503]
    assert good == [200] * len(refused)


def is_refused(answer: Future[Answer]) -> bool:
    return answer.done() and answer.result().status == 503


LOCKS = {
    "postgresql": ("LOCK TABLE users IN ACCESS EXCLUSIVE MODE", "SELECT 1"),
    "mysql": ("LOCK TABLES users WRITE", "UNLOCK TABLES"),
    "sqlite": ("BEGIN EXCLUSIVE", "ROLLBACK"),
}


@contextmanager
def table_locked(target: Target) -> Iterator[None]:
    """Lock the users table against all reads."""
    lock, unlock = LOCKS[target.kind]
    with target._engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(lock)
        yield
        connection.exec_driver_sql(unlock)


def test_checks_on_a_hanging_database_do_not_block_other_requests(strained: Target) -> None:
    """Thread exhaustion, CWE-400: one valid link, checked repeatedly while the database is slow."""
    target = strained
    target.add_user("anna@example.com")
    token = target.token_of("anna@example.com")
    assert target.check(token).status == 200

    with ThreadPoolExecutor(12) as pool:
        with table_locked(target):
            checks: list[Future[Answer]] = [pool.submit(target.check, token) for _ in range(12)]
            wait_until(lambda: sum(check.done() for check in checks) == 9, "too few checks were refused", 4)
            refused = [check.result() for check in checks if check.done()]
            during = slowest(target, 5)
            assert sum(check.done() for check in checks) == 9
        outcomes = [check.result().status for check in checks]

    assert {(answer.outcome, answer.headers["retry-after"]) for answer in refused} == {(BUSY, "5")}
    assert during < PROMPT
    assert sorted(outcomes) == [200] * 3 + [503] * 9
