"""Slow or malformed answers of a range service count as no answer, and nobody waits long for them."""

import hashlib
import threading
import time
from http.client import HTTPConnection

import pytest

from api.passwords.breaches import MAX_BYTES, BreachCheckAway, RangeService
from api.passwords.policy import WeakPassword
from tests.support.servers import free_port, wait_until
from tests.support.stand_ins.breach_service import PADDING, BreachService

LITTLE = 0.3  # Seconds: a short timeout, to keep the tests fast.
LEAKED = "a password that has leaked"
DIGEST = hashlib.sha1(LEAKED.encode(), usedforsecurity=False).hexdigest().upper()


def asking() -> bool:
    return any(thread.name == "bounded-http" for thread in threading.enumerate())


def test_padding_does_not_count_as_a_leak(breaches: BreachService) -> None:
    breaches.knows(LEAKED, times=0)

    RangeService(breaches.url, needed=True).check(LEAKED)

    assert len(breaches.asked) == 1


def test_lower_case_and_other_line_endings_are_accepted(breaches: BreachService) -> None:
    breaches.body = f"{PADDING}\n{DIGEST[5:].lower()}:1\n".encode()

    with pytest.raises(WeakPassword):
        RangeService(breaches.url, needed=True).check(LEAKED)


CHUNKED = {"Transfer-Encoding": "chunked"}
AWAY = {
    "an error": {"status": 500},
    "too many requests": {"status": 429},
    "a redirect": {"status": 302, "headers": {"Location": "/range/00000"}},
    "a page": {"body": b"<html>Log in to the wireless network</html>"},
    "nothing": {"body": b""},
    "half garbage": {"body": PADDING.encode() + b"\r\n\xff\xfe:x"},
    "too much": {"body": (PADDING + "\r\n").encode() * (MAX_BYTES // 39 + 1)},
    "an answer cut short": {"headers": {"Content-Length": "100000"}},
    "a chunk of -1 bytes": {"headers": CHUNKED, "body": b"-1\r\n" + PADDING.encode()},
    "a chunk of -5 bytes": {"headers": CHUNKED, "body": b"-5\r\n" + PADDING.encode()},
    "a header without end": {"headers": {"X": "x" * 70_000}},
}


@pytest.mark.parametrize("how", AWAY.values(), ids=AWAY)
def test_without_a_valid_answer_the_setting_decides(breaches: BreachService, how: dict[str, object]) -> None:
    for name, value in how.items():
        setattr(breaches, name, value)

    RangeService(breaches.url, needed=False).check(LEAKED)
    with pytest.raises(BreachCheckAway):
        RangeService(breaches.url, needed=True).check(LEAKED)

    assert [path for path, _ in breaches.asked] == [f"/range/{DIGEST[:5]}"] * 2


@pytest.mark.parametrize("slowly", [0.05, 5.0])
def test_a_slow_answer_times_out(breaches: BreachService, slowly: float) -> None:
    breaches.seconds_per_byte = slowly
    service = RangeService(breaches.url, needed=True, timeout=LITTLE)
    started = time.monotonic()

    with pytest.raises(BreachCheckAway):
        service.check(LEAKED)

    # The whole answer would take five seconds or more.
    assert LITTLE <= time.monotonic() - started < 3
    wait_until(lambda: not asking(), "the thread that asked goes on")


def test_a_connection_that_opens_too_late_is_given_up(breaches: BreachService, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = HTTPConnection.connect

    def connect_late(connection: HTTPConnection) -> None:
        time.sleep(LITTLE + 0.2)
        connect(connection)

    monkeypatch.setattr(HTTPConnection, "connect", connect_late)
    breaches.seconds_per_byte = 0.5
    service = RangeService(breaches.url, needed=True, timeout=LITTLE)

    with pytest.raises(BreachCheckAway):
        service.check(LEAKED)

    wait_until(lambda: not asking(), "the thread that asked goes on")
    assert breaches.asked == []


def test_an_unreachable_service_counts_as_away() -> None:
    with pytest.raises(BreachCheckAway):
        RangeService(f"http://127.0.0.1:{free_port()}/range/", needed=True, timeout=LITTLE).check(LEAKED)


def test_an_untrusted_certificate_counts_as_away(breaches: BreachService) -> None:
    with pytest.raises(BreachCheckAway):
        RangeService(breaches.url.replace("http://", "https://"), needed=True, timeout=LITTLE).check(LEAKED)
