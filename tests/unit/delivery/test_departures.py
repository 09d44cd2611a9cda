"""When jobs end: each at a moment of its own, whatever the others do."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs

from tests.support.servers import wait_until
from tests.unit.delivery.fakes import JOB, MAILED, FakeConsumer
from worker.delivery import departures as module
from worker.delivery.departures import Departures
from worker.delivery.moments import FIRST_GUESS
from worker.delivery.settlement import Settlement
from worker.plans import Outcome, Plan
from worker.queue.consumer import LeasedJob
from worker.smtp.failures import PermanentFailure, TransientFailure, UnknownOutcome

NOTHING = Outcome("no_such_user")


class Post:
    """Handlers and connections: what was sent, and how often a connection was opened ahead."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.connected = self.begun = 0
        self.relay_answers = threading.Event()
        self.relay_answers.set()
        self.failure: Exception | None = None

    def carry_out(self, plan: Plan) -> Outcome:
        if plan.write:
            self.begun += 1
            self.relay_answers.wait(10)
            if self.failure:
                raise self.failure
            self.sent.append(plan.job.id)
        return plan.outcome

    def take(self, number: int) -> list[int]:
        return list(range(number))

    def connect(self, _mailer: int) -> None:
        self.connected += 1

    def close(self) -> None:
        """Nothing is kept open."""


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def consumer() -> FakeConsumer:
    return FakeConsumer()


@pytest.fixture
def make(post: Post, consumer: FakeConsumer) -> Iterator[Callable[..., Departures]]:
    made: list[Departures] = []

    def build(wait: tuple[float, float] = (0.0, 0.0), connections: int = 4) -> Departures:
        fakes: Any = (post, Settlement(consumer), post)  # type: ignore[arg-type]
        handlers, settlement, mailers = fakes
        made.append(Departures(Flask("worker"), handlers, settlement, mailers, connections, wait))
        return made[-1]

    yield build
    post.relay_answers.set()
    for departures in made:
        departures.stop()


def jobs(number: int, *, with_mail: bool) -> list[tuple[LeasedJob, Plan]]:
    """Return planned jobs, each with an email or all without."""
    planned = []
    for each in range(number):
        job = replace(JOB, id=f"{int(with_mail)}{each:031x}")
        write: Any = object if with_mail else None
        planned.append((LeasedJob(job, "one"), Plan(job, MAILED if with_mail else NOTHING, "event", write=write)))
    return planned


def ids(planned: list[tuple[LeasedJob, Plan]]) -> set[str]:
    return {leased.job.id for leased, _ in planned}


def completed(consumer: FakeConsumer) -> set[str]:
    return {job.id for job, _ in consumer.completed}


def test_every_job_is_completed_with_its_outcome(make: Any, post: Post, consumer: FakeConsumer) -> None:
    departures, mailed, others = make(), jobs(3, with_mail=True), jobs(3, with_mail=False)

    departures.add(mailed + others, time.monotonic())
    departures.wait_until_empty()

    assert set(post.sent) == ids(mailed)
    assert completed(consumer) == ids(mailed + others)
    assert {outcome.event for _, outcome in consumer.completed} == {"mailed_reset", "no_such_user"}


@pytest.mark.parametrize("with_mail", [True, False])
def test_a_connection_is_opened_ahead_for_every_job_with_a_mail_or_without(
    make: Any, post: Post, *, with_mail: bool
) -> None:
    make().add(jobs(3, with_mail=with_mail), time.monotonic())

    wait_until(lambda: post.connected == 3, "it is not opened")


def test_a_mail_does_not_wait_for_the_answer_to_another(make: Any, post: Post, consumer: FakeConsumer) -> None:
    departures = make()
    post.relay_answers.clear()
    departures.add(jobs(3, with_mail=True), time.monotonic())
    others = jobs(3, with_mail=False)

    departures.add(others, time.monotonic())

    wait_until(lambda: ids(others) <= completed(consumer), "they wait for the mails")
    assert post.sent == []


def test_moments_are_drawn_and_not_in_the_order_of_the_jobs(make: Any, consumer: FakeConsumer) -> None:
    departures, planned = make(wait=(0.0, 0.2)), jobs(40, with_mail=False)

    departures.add(planned, time.monotonic())
    departures.wait_until_empty()

    order = [job.id for job, _ in consumer.completed]
    assert order != [leased.job.id for leased, _ in planned]
    assert len(consumer.repeated) > 1


def test_a_job_that_comes_while_nothing_is_in_hand_departs_too(make: Any, consumer: FakeConsumer) -> None:
    departures, first, second = make(wait=(0.05, 0.05)), jobs(1, with_mail=True), jobs(1, with_mail=False)
    departures.add(first, time.monotonic())
    departures.wait_until_empty()

    departures.add(second, time.monotonic())

    wait_until(lambda: completed(consumer) == ids(first + second), "it does not depart")


def test_a_job_without_a_mail_ends_as_late_as_one_with_a_mail(
    make: Any, consumer: FakeConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for as long as one of the last emails took."""
    drawn: list[list[float]] = []

    def draw(took: Sequence[float]) -> float:
        drawn.append(list(took))
        return 0.0

    monkeypatch.setattr(random, "choice", draw)
    departures = make()
    departures.add(jobs(1, with_mail=True), time.monotonic())
    departures.wait_until_empty()
    wait_until(lambda: departures._sending == 0, "the mail is not sent")

    departures.add(jobs(2, with_mail=False), time.monotonic())

    assert len(drawn) == 2
    assert all(len(took) == 2 and took[0] == FIRST_GUESS for took in drawn)


def test_while_the_relay_is_slow_no_more_jobs_are_taken(make: Any, post: Post) -> None:
    departures = make(connections=2)
    post.relay_answers.clear()
    assert departures.wait_for_room(0)

    departures.add(jobs(4, with_mail=True), time.monotonic())
    wait_until(lambda: departures._sending == 4, "they do not depart")

    assert not departures.wait_for_room(0)
    post.relay_answers.set()
    assert departures.wait_for_room(5)


def test_completing_is_repeated_until_redis_answers_and_nothing_departs_meanwhile(
    make: Any, post: Post, consumer: FakeConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_INTERVAL", 0.02)
    departures, first = make(), jobs(1, with_mail=True)
    consumer.outages = 1_000_000
    departures.add(first, time.monotonic())
    wait_until(lambda: len(consumer.repeated) > 2, "it is not repeated")
    later = jobs(2, with_mail=True)
    departures.add(later, time.monotonic())
    wait_until(lambda: len(consumer.repeated) > 5, "it is not repeated")
    sent_meanwhile = list(post.sent)
    consumer.outages = 0
    departures.wait_until_empty()

    assert set(sent_meanwhile) == ids(first)
    assert consumer.repeated[:3] == [False, True, True]
    assert completed(consumer) == ids(first + later)


def test_what_has_not_departed_when_the_process_ends_is_given_back(
    make: Any, post: Post, consumer: FakeConsumer
) -> None:
    departures, planned = make(wait=(600.0, 600.0)), jobs(2, with_mail=True) + jobs(2, with_mail=False)
    departures.add(planned, time.monotonic())

    departures.stop()

    assert {leased.job.id for leased in consumer.given_back} == ids(planned)
    assert (post.sent, consumer.completed) == ([], [])
    assert not departures.wait_for_room(0)


def test_a_mail_that_is_being_sent_when_the_process_ends_is_completed(
    make: Any, post: Post, consumer: FakeConsumer
) -> None:
    departures, planned = make(), jobs(1, with_mail=True)
    post.relay_answers.clear()
    departures.add(planned, time.monotonic())
    wait_until(lambda: post.begun, "it does not depart")
    threading.Timer(0.2, post.relay_answers.set).start()

    departures.stop()

    assert completed(consumer) == ids(planned)


def test_a_mail_that_waits_for_a_thread_when_the_process_ends_is_given_back(
    make: Any, post: Post, consumer: FakeConsumer
) -> None:
    departures, planned = make(connections=1), jobs(3, with_mail=True)
    post.relay_answers.clear()
    departures.add(planned, time.monotonic())
    wait_until(lambda: post.begun and departures._sending == 3, "they do not depart")
    threading.Timer(0.2, post.relay_answers.set).start()

    departures.stop()

    assert len(post.sent) == 1
    assert {leased.job.id for leased in consumer.given_back} == ids(planned) - set(post.sent)


def test_if_no_thread_can_be_started_one_that_runs_sends_every_mail_once(
    make: Any, post: Post, consumer: FakeConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    departures, planned = make(wait=(0.2, 0.2)), jobs(3, with_mail=True)
    departures.add(jobs(1, with_mail=False), time.monotonic())
    departures.wait_until_empty()

    def fail(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    departures.add(planned, time.monotonic())
    departures.wait_until_empty()

    assert set(post.sent) == ids(planned)
    assert consumer.given_back == []
    assert (departures._sending, departures._connecting, departures._in_hand) == (0, 0, 0)


def test_a_process_that_ends_while_redis_is_away_gives_up(
    make: Any, post: Post, consumer: FakeConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_INTERVAL", 0.02)
    monkeypatch.setattr(module, "GIVE_UP", 0.1)
    departures, planned = make(), jobs(1, with_mail=True)
    consumer.outages = 1_000_000
    departures.add(planned, time.monotonic())
    wait_until(lambda: post.sent, "it is not sent")
    with capture_logs() as lines:
        departures.stop()

    assert [line["jobs"] for line in lines if line["event"] == "sent_jobs_not_completed"] == [list(ids(planned))]


def test_a_mail_that_has_waited_too_long_is_given_back_because_its_lease_may_end(
    make: Any, post: Post, consumer: FakeConsumer
) -> None:
    departures, planned = make(), jobs(1, with_mail=True)

    departures.add(planned, time.monotonic() - module.MAX_AGE)
    departures.wait_until_empty()

    assert [leased.job.id for leased in consumer.given_back] == list(ids(planned))
    assert post.sent == []


def test_a_mail_that_fails_is_settled_as_a_failure(make: Any, post: Post, consumer: FakeConsumer) -> None:
    def fail(_: Plan) -> Outcome:
        raise ValueError

    post.carry_out = fail  # type: ignore[method-assign,assignment]
    departures = make()
    departures.add(jobs(1, with_mail=True), time.monotonic())
    departures.wait_until_empty()

    assert (consumer.place, consumer.failure) == ("later", "unexpected")
    assert consumer.completed == []


@pytest.mark.parametrize(
    ("failure", "at_once"),
    [
        (UnknownOutcome("TimeoutError"), 1),
        (PermanentFailure("550 no such user"), 4),
        (TransientFailure("450 try again"), 4),
        (ValueError(), 4),
    ],
    ids=lambda each: type(each).__name__,
)
def test_only_while_the_relay_answers_no_mail_they_leave_one_at_a_time(
    make: Any, post: Post, failure: Exception, at_once: int
) -> None:
    """Each of them will be sent again. No other failure, such as that of one address, may delay others."""
    departures = make(connections=4)
    post.failure = failure
    departures.add(jobs(1, with_mail=True), time.monotonic())
    departures.wait_until_empty()
    post.failure, post.begun = None, 0
    post.relay_answers.clear()

    departures.add(jobs(4, with_mail=True), time.monotonic())
    wait_until(lambda: departures._sending == 4 and post.begun >= at_once, "they do not depart")
    time.sleep(0.05)

    assert post.begun == at_once
    post.relay_answers.set()
    departures.wait_until_empty()
    assert len(post.sent) == 4
    assert not departures._in_doubt


def test_the_threads_start_with_the_first_job(make: Any) -> None:
    """A process is forked before, and a fork has no threads."""
    before = threading.active_count()
    departures = make()
    assert threading.active_count() == before

    departures.add(jobs(1, with_mail=True), time.monotonic())

    assert threading.active_count() > before
    departures.stop()
    assert threading.active_count() == before


def test_the_request_that_a_job_belongs_to_is_known_to_the_logs(make: Any, post: Post) -> None:
    seen: list[Any] = []
    post.carry_out = lambda plan: seen.append(get_contextvars()) or plan.outcome  # type: ignore[method-assign,func-returns-value]
    departures = make()
    departures.add(jobs(1, with_mail=True), time.monotonic())
    departures.wait_until_empty()

    assert seen == [{"request_id": "r-1"}]
