import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy.exc import OperationalError
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs

from shared.connections.database import ANSWER_TIMEOUT
from shared.outbox.jobs import Kind
from shared.users.table import UsersTableError
from tests.unit.queue.deliveries import JOB, FakeNotices, FakeOutbox, run
from worker.queue.delivery import LEASE, MORE_FOR, REMEMBER, SETTLE_FOR, TIME_LIMIT, UNSURE_DELAYS, delay
from worker.smtp.mailer import DIALOGUE, MisconfiguredRelay, PermanentFailure, TransientFailure, UnknownOutcome


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[], float]:
    """A clock that goes on only while somebody sleeps."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.append(now.pop() + seconds))
    return lambda: now[0]


@pytest.mark.parametrize(("kind", "remembered"), [("forgot", 0), ("reset", REMEMBER), ("password_changed", 0)])
def test_a_delivered_job_is_done_and_remembered_if_it_may_be_added_again(kind: Kind, remembered: int) -> None:
    outbox, notices = FakeOutbox(job=replace(JOB, kind=kind)), FakeNotices()

    run(outbox, notices)

    assert notices.delivered == [outbox.job]
    assert (outbox.place, outbox.remembered) == ("done", remembered)


@pytest.mark.parametrize("place", ["leased", "later", "done", "dead"])
def test_a_job_that_is_not_to_be_had_is_left_alone(place: str) -> None:
    outbox, notices = FakeOutbox(place=place, holder="another worker"), FakeNotices()

    run(outbox, notices)

    assert notices.delivered == []
    assert (outbox.place, outbox.holder) == (place, "another worker")


def test_every_run_holds_its_job_under_a_name_of_its_own_for_longer_than_it_can_live() -> None:
    first, second = FakeOutbox(), FakeOutbox()

    run(first, FakeNotices())
    run(second, FakeNotices())

    assert first.holder != second.holder
    assert first.waits == LEASE > TIME_LIMIT > SETTLE_FOR + DIALOGUE + 2 * ANSWER_TIMEOUT


@pytest.mark.parametrize("tries", [0, 3])
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
def test_a_failure_that_may_pass_keeps_the_job_for_later(failure: Exception, tries: int) -> None:
    outbox = FakeOutbox(tries=tries)

    run(outbox, FakeNotices(failure))

    assert outbox.place == "later"
    assert 0.75 * 2**tries <= outbox.waits <= 1.25 * 2**tries


@pytest.mark.parametrize(("unsure", "wait"), list(enumerate(UNSURE_DELAYS)))
def test_what_the_relay_may_have_is_sent_again_ever_later(unsure: int, wait: float) -> None:
    outbox = FakeOutbox(unsure=unsure)

    run(outbox, FakeNotices(UnknownOutcome("TimeoutError")))

    assert (outbox.place, outbox.waits, outbox.unsure) == ("later", wait, unsure + 1)


def test_what_the_relay_may_have_is_not_sent_for_ever_and_left_to_a_person() -> None:
    outbox = FakeOutbox(unsure=len(UNSURE_DELAYS))

    run(outbox, FakeNotices(UnknownOutcome("TimeoutError")))

    assert (outbox.place, outbox.reason) == ("dead", "never answered, may be sent: TimeoutError")


def test_a_permanent_failure_buries_the_job_with_its_reason() -> None:
    outbox = FakeOutbox()

    run(outbox, FakeNotices(PermanentFailure("recipient refused: 550")))

    assert (outbox.place, outbox.reason) == ("dead", "recipient refused: 550")


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
        run(FakeOutbox(), FakeNotices(failure))

    (line,) = lines
    assert (line["job"], line["log_level"]) == (JOB.id, level)
    assert JOB.address not in str(line)


def test_the_request_that_a_job_belongs_to_is_known_to_the_logs_while_it_runs() -> None:
    notices = FakeNotices()

    run(FakeOutbox(), notices)

    assert notices.seen == {"request_id": "r-1"}
    assert get_contextvars() == {}


@pytest.mark.parametrize(("tries", "step"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 10), (29, 10), (30, 60), (10_000, 60)])
def test_the_wait_doubles_to_ten_seconds_and_later_a_minute_give_or_take_a_quarter(tries: int, step: float) -> None:
    waits = [delay(tries) for _ in range(200)]

    assert 0.75 * step <= min(waits) < 0.9 * step
    assert 1.1 * step < max(waits) <= 1.25 * step


def test_a_mail_that_is_out_is_reported_until_redis_answers(clock: Callable[[], float]) -> None:
    outbox, notices = FakeOutbox(outages=2), FakeNotices()

    run(outbox, notices)

    assert notices.delivered == [JOB]
    assert outbox.place == "done"
    assert 0 < clock() < 2
    # What was not answered may have been done: a job that is gone then tells of no second mail.
    assert [ending.count_repeated for ending in outbox.endings] == ["mails_doubled", "", ""]
    # It may also have given the next job, which nobody would deliver.
    assert [taker.again for taker in outbox.takers] == [False, True, True]


def test_a_redis_that_stays_away_ends_the_report_before_the_task_is_killed(clock: Callable[[], float]) -> None:
    outbox = FakeOutbox(outages=1_000_000)

    with capture_logs() as lines:
        run(outbox, FakeNotices())

    assert SETTLE_FOR <= clock() < SETTLE_FOR + 1
    assert [(line["event"], line["job"]) for line in lines] == [("job_left_to_the_sweeper", JOB.id)]


def test_a_task_takes_the_next_jobs_for_a_while_and_then_leaves_them_to_others(clock: Callable[[], float]) -> None:
    outbox = FakeOutbox(waiting=[JOB] * 10)
    notices = FakeNotices(seconds=0.4)

    run(outbox, notices, more_for=MORE_FOR)

    assert [bool(taker.holder) for taker in outbox.takers] == [True, True, False]
    assert clock() == pytest.approx(1.2)


def test_a_job_that_took_long_is_the_last_one_of_its_task(clock: Callable[[], float]) -> None:
    outbox = FakeOutbox(waiting=[JOB])

    run(outbox, FakeNotices(seconds=DIALOGUE), more_for=MORE_FOR)

    assert outbox.waiting == [JOB]
    assert clock() == DIALOGUE


def test_a_task_with_the_most_jobs_ends_before_it_is_killed() -> None:
    assert MORE_FOR + SETTLE_FOR + DIALOGUE + 2 * ANSWER_TIMEOUT < TIME_LIMIT
