"""Taking jobs: together, in constant time, and with what may end the process alone."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from structlog.testing import capture_logs

from shared.database.waits import ANSWER_TIMEOUT
from shared.outbox.jobs import Job
from tests.unit.delivery.fakes import JOB, MAILED, FakeConsumer
from worker.delivery.departures import MAX_AGE, MAX_IN_HAND
from worker.delivery.intake import ALONE_TIMEOUT, BATCH, LEASE, ROOM_TIMEOUT, TASK_SECONDS, TIME_LIMIT, Intake
from worker.delivery.settlement import Settlement
from worker.handlers import NotChangedYet
from worker.plans import Plan
from worker.queue.consumer import SUSPECT, LeasedJob
from worker.smtp.mailer import DIALOGUE


@dataclass
class Claims(FakeConsumer):
    """Jobs that wait, and who asked for them."""

    waiting: list[LeasedJob] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    failing: bool = False

    def claim(self, lease_owner: str, lease: float, most: int) -> list[LeasedJob]:
        assert (lease, most) == (LEASE, BATCH)
        self.owners.append(lease_owner)
        if self.failing:
            raise RedisConnectionError
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    def give_back_all(self, lease_owner: str) -> None:
        self.unanswered.append(lease_owner)


@dataclass
class Platform:
    """Departures that record what happens to them, in order."""

    room: bool = True
    calls: list[Any] = field(default_factory=list)

    def wait_for_room(self, timeout: float) -> bool:
        assert timeout == ROOM_TIMEOUT
        return self.room

    def wait_until_empty(self, timeout: float) -> None:
        assert timeout == ALONE_TIMEOUT
        self.calls.append("empty")

    def add(self, planned: Sequence[tuple[LeasedJob, Plan]], taken_at: float) -> None:
        assert taken_at <= time.monotonic()
        self.calls.append([leased.job.id for leased, _ in planned])


class Planner:
    """Plans every job, or returns an error for it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def plan(self, jobs: Sequence[Job]) -> list[Plan | Exception]:
        return [self.error or Plan(job, MAILED, "event") for job in jobs]


def leased(number: int, lost: int = 0) -> LeasedJob:
    return LeasedJob(replace(JOB, id=f"{number:032x}"), "one", lost=lost)


def intake(consumer: Claims, platform: Platform, planner: Planner | None = None, seconds: float = 0.0) -> Intake:
    fakes: tuple[Any, Any, Any] = (consumer, planner or Planner(), platform)
    claims, handlers, departures = fakes
    return Intake(claims, handlers, departures, Settlement(claims), seconds)


def test_all_jobs_of_a_batch_depart_together() -> None:
    consumer, platform = Claims(waiting=[leased(number) for number in range(BATCH + 5)]), Platform()

    intake(consumer, platform).run()

    assert platform.calls == [[f"{number:032x}" for number in range(BATCH)]]
    assert len(consumer.waiting) == 5


@pytest.mark.parametrize("waiting", [0, 1, BATCH])
def test_a_task_takes_as_long_whatever_it_finds(monkeypatch: pytest.MonkeyPatch, waiting: int) -> None:
    """Celery's events tell how long it takes. Asserted is the clock's time, which advances only by sleeping."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.append(now.pop() + seconds))
    consumer = Claims(waiting=[leased(number) for number in range(waiting)])

    intake(consumer, Platform(), seconds=TASK_SECONDS).run()

    assert now == [TASK_SECONDS]


def test_no_job_is_taken_without_room() -> None:
    consumer = Claims(waiting=[leased(1)])

    intake(consumer, Platform(room=False)).run()

    assert consumer.owners == []


@pytest.mark.parametrize("lost", [1, SUSPECT])
def test_a_job_that_has_lost_several_workers_is_done_while_nothing_else_is_in_hand(lost: int) -> None:
    platform = Platform()

    intake(Claims(waiting=[leased(7, lost)]), platform).run()

    alone = ["empty", [leased(7).job.id], "empty"]
    assert platform.calls == (alone if lost == SUSPECT else alone[1:2])


def test_a_job_that_cannot_be_planned_is_settled_and_the_others_depart() -> None:
    consumer, platform = Claims(waiting=[leased(1)]), Platform()

    intake(consumer, platform, Planner(NotChangedYet())).run()

    assert consumer.place == "later"
    assert platform.calls == [[]]


def test_what_a_claim_without_an_answer_has_leased_is_given_back() -> None:
    consumer = Claims(failing=True)
    taking = intake(consumer, Platform())
    with capture_logs() as lines:
        taking.run()
    consumer.failing = False

    taking.run()
    taking.run()

    assert [line["event"] for line in lines] == ["jobs_left_to_the_sweeper"]
    assert consumer.unanswered == consumer.owners[:1]
    assert len(set(consumer.owners)) == 3


def test_a_lease_outlasts_all_that_a_job_may_wait_for() -> None:
    assert 2 * ANSWER_TIMEOUT + MAX_AGE + DIALOGUE < LEASE
    assert ROOM_TIMEOUT + 2 * ANSWER_TIMEOUT + 2 * ALONE_TIMEOUT < TIME_LIMIT < LEASE
    assert BATCH < MAX_IN_HAND
