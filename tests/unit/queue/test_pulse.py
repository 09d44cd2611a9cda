"""When a worker counts as taking jobs, and when only a restart would help it."""

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from celery.worker.state import active_requests, reserved_requests

from shared.redis_keys import Key
from worker.ops import pulse
from worker.ops.pulse import CANCELLED, DISCONNECTED, EMPTY, STILL, STUCK, Pulse


class Request:
    """A job that Celery has given to its pool."""

    id = "job"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pulse, "time", clock)
    return clock


def consumer(*pids: int, queue: str = Key.QUEUE) -> Any:
    pool = SimpleNamespace(_pool=SimpleNamespace(_pool=[SimpleNamespace(pid=pid) for pid in pids]))
    return SimpleNamespace(task_consumer=SimpleNamespace(consuming_from=queue.__eq__), pool=pool)


def test_a_worker_takes_jobs_from_its_first_tick_until_five_seconds_after_its_last(clock: Clock) -> None:
    beating = Pulse()
    assert beating.complaint() == DISCONNECTED
    beating.tick(consumer(1))
    assert beating.complaint() == ""

    clock.now += 6

    assert beating.complaint() == DISCONNECTED
    assert beating.standstill() == ""


def test_a_worker_that_tries_to_connect_does_not_stand_still(clock: Clock) -> None:
    beating = Pulse()
    for _ in range(10):
        clock.now += 30
        beating.turn()

    assert (beating.complaint(), beating.standstill()) == (DISCONNECTED, "")


def test_a_main_thread_that_does_nothing_for_a_minute_stands_still(clock: Clock) -> None:
    beating = Pulse()
    beating.tick(consumer(1))

    clock.now += 61

    assert beating.standstill() == STILL


def test_a_consumer_that_was_told_to_leave_the_queue_takes_no_jobs(clock: Clock) -> None:
    beating = Pulse()
    beating.tick(consumer(1, queue="another"))

    assert beating.complaint() == CANCELLED


def test_a_pool_without_processes_takes_no_jobs(clock: Clock) -> None:
    beating = Pulse()
    beating.tick(consumer())

    assert beating.complaint() == beating.standstill() == EMPTY


@pytest.mark.parametrize(("begun", "complaint"), [(False, STUCK), (True, "")])
def test_a_job_that_no_process_begins_is_a_pool_that_stands_still(clock: Clock, *, begun: bool, complaint: str) -> None:
    beating, request = Pulse(), Request()
    reserved_requests.add(request)
    if begun:
        active_requests.add(request)

    for _ in range(12):
        beating.tick(consumer(1))
        clock.now += 1

    assert beating.complaint() == beating.standstill() == complaint
    reserved_requests.discard(request)
    active_requests.discard(request)


def test_what_is_no_process_any_more_is_not_taken_for_stopped(clock: Clock) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    beating = Pulse()
    beating.tick(consumer(ended.pid))

    assert beating.complaint() == ""
