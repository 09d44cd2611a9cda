"""What `make bench` sends, when it pauses, and how it treats answers."""

from typing import cast

import pytest

from benchmarks import load
from benchmarks.load import Answers
from benchmarks.phases import BACKLOG, Requests, Subject
from benchmarks.program import Program
from benchmarks.services import Contender
from benchmarks.sink import Sink


class Waiting:
    """A contender with a backlog, which counts how often it was asked for it."""

    def __init__(self, waits: int) -> None:
        self.waits, self.asked = waits, 0

    def backlog(self) -> int:
        self.asked += 1
        return self.waits


class Sent:
    """A sink that received no email."""

    def count(self) -> int:
        return 0


def test_known_and_unknown_addresses_alternate_and_have_the_same_form() -> None:
    requests = Requests(2000)

    sent = [next(requests) for _ in range(2002)]

    assert {len(request) for request in sent} == {len(sent[0])}
    assert b'"u1000@' in sent[0]
    assert b'"u2000@' in sent[1]
    assert b'"u1999@' in sent[1998]
    assert b'"u2999@' in sent[1999]
    assert sent[2000:] == sent[:2]
    assert requests.known == 1001


def test_no_address_exceeds_its_quota() -> None:
    requests = Requests(20, 3)

    for _ in range(60):
        next(requests)

    with pytest.raises(RuntimeError, match="all addresses are used up"):
        next(requests)


@pytest.mark.parametrize(("waits", "is_open"), [(BACKLOG - 1, True), (BACKLOG, False)])
def test_nothing_is_sent_while_the_backlog_is_large_and_redis_is_not_asked_each_time(
    waits: int, *, is_open: bool
) -> None:
    contender = Waiting(waits)
    gate = Subject(cast(Contender, contender), Requests(20), cast(Sink, Sent()))._gate()

    assert {gate() for _ in range(100)} == {is_open}
    assert contender.asked < 5


@pytest.mark.parametrize(("name", "statuses"), [("latchkey", {202: 2, 503: 1}), ("tutorial", {200: 3})])
def test_an_unexpected_answer_stops_the_benchmark(
    name: str, statuses: dict[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(_port: int, requests: Requests, *_: object) -> Answers:
        for _number in range(3):
            next(requests)
        return Answers(statuses=statuses)

    monkeypatch.setattr(load, "run", run)
    subject = Subject(Contender(name, 1, 0, cast(Program, None)), Requests(20), cast(Sink, Sent()))

    with pytest.raises(RuntimeError, match=f"{name} returned"):
        subject.send(1)
