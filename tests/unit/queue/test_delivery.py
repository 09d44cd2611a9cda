import time
from collections.abc import Callable

import pytest
from sqlalchemy.exc import OperationalError
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs
from worker.queue.delivery import COMPLETE_TIMEOUT, LEASE, MORE_FOR, TIME_LIMIT, UNCONFIRMED_DELAYS, delay

from shared.connections.database import ANSWER_TIMEOUT
from shared.users.table import UsersTableError
from tests.unit.queue.deliveries import JOB, FakeConsumer, FakeHandlers, run
from worker.smtp.failures import MisconfiguredRelay, PermanentFailure, TransientFailure, UnknownOutcome
from worker.smtp.mailer import DIALOGUE


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[], float]:
    """A clock that only advances during sleep."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.append(now.pop() + seconds))
    return lambda: now[0]


def test_a_delivered_job_is_completed() -> None:
    consumer, handlers = FakeConsumer(), FakeHandlers()

    run(consumer, handlers)

    assert handlers.delivered == [JOB]
    assert consumer.place == "done"


@pytest.mark.parametrize("place", ["leased", "later", "done", "dead"])
def test_a_job_that_cannot_be_leased_is_left_alone(place: str) -> None:
    consumer, handlers = FakeConsumer(place=place, lease_owner="another worker"), FakeHandlers()

    run(consumer, handlers)

    assert handlers.delivered == []
    assert (consumer.place, consumer.lease_owner) == (place, "another worker")


def test_every_run_has_its_own_lease_that_outlasts_it() -> None:
    first, second = FakeConsumer(), FakeConsumer()

    run(first, FakeHandlers())
    run(second, FakeHandlers())

    assert first.lease_owner != second.lease_owner
    assert first.waits == LEASE > TIME_LIMIT > COMPLETE_TIMEOUT + DIALOGUE + 2 * ANSWER_TIMEOUT


@pytest.mark.parametrize("attempts", [0, 3])
@pytest.mark.parametrize(
    "failure",
    [
        TransientFailure("relay away"),
        MisconfiguredRelay("no log-in"),
        OperationalError("SELECT", {}, OSError()),
        UsersTableError("no such table"),
        ValueError("nobody thought of this"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_a_failure_that_may_pass_keeps_the_job_for_later(failure: Exception, attempts: int) -> None:
    consumer = FakeConsumer(attempts=attempts)

    run(consumer, FakeHandlers(failure))

    assert consumer.place == "later"
    assert 0.75 * 2**attempts <= consumer.waits <= 1.25 * 2**attempts


@pytest.mark.parametrize(("unconfirmed", "wait"), list(enumerate(UNCONFIRMED_DELAYS)))
def test_an_unconfirmed_mail_is_retried_with_growing_delays(unconfirmed: int, wait: float) -> None:
    consumer = FakeConsumer(unconfirmed=unconfirmed)

    run(consumer, FakeHandlers(UnknownOutcome("TimeoutError")))

    assert (consumer.place, consumer.waits, consumer.unconfirmed) == ("later", wait, unconfirmed + 1)


def test_a_mail_that_stays_unconfirmed_is_buried() -> None:
    consumer = FakeConsumer(unconfirmed=len(UNCONFIRMED_DELAYS))

    run(consumer, FakeHandlers(UnknownOutcome("TimeoutError")))

    assert (consumer.place, consumer.reason) == ("dead", "never answered, may be sent: TimeoutError")


def test_a_permanent_failure_buries_the_job_with_its_reason() -> None:
    consumer = FakeConsumer()

    run(consumer, FakeHandlers(PermanentFailure("recipient refused: 550")))

    assert (consumer.place, consumer.reason) == ("dead", "recipient refused: 550")


@pytest.mark.parametrize(
    ("failure", "level"),
    [
        (TransientFailure("relay away"), "warning"),
        (UnknownOutcome("TimeoutError"), "warning"),
        (MisconfiguredRelay("no log-in"), "critical"),
        (PermanentFailure("recipient refused: 550"), "error"),
        (OperationalError("SELECT", {"email": JOB.address}, OSError(JOB.address)), "error"),
        (ValueError("nobody thought of this"), "error"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_failure_leaves_one_line_that_names_the_job_and_no_address(failure: Exception, level: str) -> None:
    with capture_logs() as lines:
        run(FakeConsumer(), FakeHandlers(failure))

    (line,) = lines
    assert (line["job"], line["log_level"]) == (JOB.id, level)
    assert JOB.address not in str(line)


def test_the_request_that_a_job_belongs_to_is_known_to_the_logs_while_it_runs() -> None:
    handlers = FakeHandlers()

    run(FakeConsumer(), handlers)

    assert handlers.seen == {"request_id": "r-1"}
    assert get_contextvars() == {}


@pytest.mark.parametrize(
    ("attempts", "step"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 10), (29, 10), (30, 60), (10_000, 60)]
)
def test_the_delay_doubles_to_ten_seconds_then_a_minute_with_jitter(attempts: int, step: float) -> None:
    waits = [delay(attempts) for _ in range(200)]

    assert 0.75 * step <= min(waits) < 0.9 * step
    assert 1.1 * step < max(waits) <= 1.25 * step


def test_completing_a_sent_job_is_retried_until_redis_answers(clock: Callable[[], float]) -> None:
    consumer, handlers = FakeConsumer(outages=2), FakeHandlers()

    run(consumer, handlers)

    assert handlers.delivered == [JOB]
    assert consumer.place == "done"
    assert 0 < clock() < 2
    assert consumer.retrying == [False, True, True]


def test_completing_gives_up_before_the_task_is_killed(clock: Callable[[], float]) -> None:
    consumer = FakeConsumer(outages=1_000_000)

    with capture_logs() as lines:
        run(consumer, FakeHandlers())

    assert COMPLETE_TIMEOUT <= clock() < COMPLETE_TIMEOUT + 1
    assert [(line["event"], line["job"]) for line in lines] == [("job_left_to_the_sweeper", JOB.id)]


def test_a_task_takes_the_next_jobs_for_a_while_and_then_leaves_them_to_others(clock: Callable[[], float]) -> None:
    consumer = FakeConsumer(waiting=[JOB] * 10)
    handlers = FakeHandlers(seconds=0.4)

    run(consumer, handlers, more_for=MORE_FOR)

    assert consumer.next_leases == [LEASE, LEASE, 0]
    assert clock() == pytest.approx(1.2)


def test_a_job_that_took_long_is_the_last_one_of_its_task(clock: Callable[[], float]) -> None:
    consumer = FakeConsumer(waiting=[JOB])

    run(consumer, FakeHandlers(seconds=DIALOGUE), more_for=MORE_FOR)

    assert consumer.waiting == [JOB]
    assert clock() == DIALOGUE


def test_a_task_with_the_most_jobs_ends_before_it_is_killed() -> None:
    assert MORE_FOR + COMPLETE_TIMEOUT + DIALOGUE + 2 * ANSWER_TIMEOUT < TIME_LIMIT
