from typing import Any, cast

import pytest
from redis.exceptions import OutOfMemoryError
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from shared.users.table import UsersTableError
from tests.unit.delivery.fakes import JOB, FakeConsumer
from worker.delivery.settlement import UNANSWERED_DELAYS, UNEXPECTED_ATTEMPTS, Settlement, delay
from worker.queue.consumer import LeasedJob
from worker.smtp.failures import MisconfiguredRelay, PermanentFailure, TransientFailure, UnknownOutcome


def fail(error: Exception, **failures: int) -> FakeConsumer:
    """Settle a job that failed, and return the consumer that was told so."""
    consumer: Any = FakeConsumer()
    leased = LeasedJob(
        JOB, "one", failures.get("attempts", 0), failures.get("unanswered", 0), failures.get("unexpected", 0)
    )
    Settlement(consumer).fail(leased, error)
    return cast("FakeConsumer", consumer)


@pytest.mark.parametrize("attempts", [0, 3])
@pytest.mark.parametrize(
    "failure",
    [
        TransientFailure("relay away"),
        MisconfiguredRelay("no log-in"),
        OperationalError("SELECT", {}, OSError()),
        UsersTableError("no such table"),
        OutOfMemoryError("a full Redis takes no new jobs"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_a_failure_that_may_pass_keeps_the_job_for_later(failure: Exception, attempts: int) -> None:
    consumer = fail(failure, attempts=attempts)

    assert (consumer.place, consumer.failure) == ("later", "attempts")
    assert 0.75 * 2**attempts <= consumer.waits <= 1.25 * 2**attempts


@pytest.mark.parametrize(("unanswered", "wait"), list(enumerate(UNANSWERED_DELAYS)))
def test_an_unanswered_mail_is_retried_with_growing_delays(unanswered: int, wait: float) -> None:
    consumer = fail(UnknownOutcome("TimeoutError"), unanswered=unanswered)

    assert (consumer.place, consumer.waits, consumer.failure) == ("later", wait, "unanswered")


def test_a_mail_that_stays_unanswered_is_buried() -> None:
    consumer = fail(UnknownOutcome("TimeoutError"), unanswered=len(UNANSWERED_DELAYS))

    assert (consumer.place, consumer.reason) == ("dead", "never answered, may be sent: TimeoutError")


def test_a_permanent_failure_buries_the_job_with_its_reason() -> None:
    consumer = fail(PermanentFailure("recipient refused: 550"))

    assert (consumer.place, consumer.reason) == ("dead", "recipient refused: 550")


@pytest.mark.parametrize("attempts", [0, 100])
def test_what_nobody_thought_of_is_tried_a_few_times_and_then_buried(attempts: int) -> None:
    """Whatever failed before: an outage of the relay does not count."""
    seen = [
        fail(ValueError("ada@example.com"), attempts=attempts, unexpected=times) for times in range(UNEXPECTED_ATTEMPTS)
    ]

    assert [consumer.place for consumer in seen] == ["later"] * (UNEXPECTED_ATTEMPTS - 1) + ["dead"]
    assert {consumer.failure for consumer in seen[:-1]} == {"unexpected"}
    assert seen[-1].reason == "unexpected error: ValueError"


def test_each_kind_of_unexpected_error_leaves_one_traceback() -> None:
    consumer: Any = FakeConsumer()
    settlement = Settlement(consumer)
    with capture_logs() as lines:
        for kind in (ValueError, KeyError) * 3:
            settlement.fail(LeasedJob(JOB, "one"), raised(kind))

    assert [line["error"] for line in lines if line["exc_info"]] == ["ValueError", "KeyError"]
    assert len(lines) == 6


def raised(kind: type[Exception]) -> Exception:
    """Return an error with a traceback, always from the same place."""
    try:
        [][kind is ValueError]
    except IndexError as error:
        return kind().with_traceback(error.__traceback__)
    raise AssertionError


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
        fail(failure)

    (line,) = lines
    assert (line["job"], line["log_level"]) == (JOB.id, level)
    assert JOB.address not in str(line)


@pytest.mark.parametrize(
    ("attempts", "step"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 10), (29, 10), (30, 60), (10_000, 60)]
)
def test_the_delay_doubles_to_ten_seconds_then_a_minute_with_jitter(attempts: int, step: float) -> None:
    waits = [delay(attempts) for _ in range(200)]

    assert 0.75 * step <= min(waits) < 0.9 * step
    assert 1.1 * step < max(waits) <= 1.25 * step
