"""When jobs depart: the same for every job of a crowd, with an email or without."""

import random
from dataclasses import replace
from statistics import mean

import pytest

from tests.unit.delivery.fakes import JOB
from worker.delivery.moments import FIRST_GUESS, MAX_SPREAD, MAX_TOOK, WAIT, Moments
from worker.queue.consumer import LeasedJob

CONNECTIONS = 8


def one(number: int, lane: str = "lane", address: str = "") -> LeasedJob:
    return LeasedJob(replace(JOB, id=str(number), address_hash=address or str(number)), "one", lane=lane)


@pytest.fixture
def latest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every draw be the latest one."""
    monkeypatch.setattr(random, "uniform", lambda _, most: most)
    monkeypatch.setattr(random, "choice", lambda took: took[-1])


def test_a_draw_is_within_its_bounds_and_no_two_are_alike() -> None:
    moments = Moments(CONNECTIONS, WAIT)
    drawn = [Moments(CONNECTIONS, WAIT).draw(one(number), has_mail=True) for number in range(1000)]

    assert WAIT[0] <= min(drawn) < WAIT[0] + 0.05
    assert WAIT[1] - 0.05 < max(drawn) <= WAIT[1]
    assert len(set(drawn)) == 1000
    assert moments.draw(one(1), has_mail=False) >= WAIT[0] + FIRST_GUESS


@pytest.mark.usefixtures("latest")
def test_a_job_without_a_mail_ends_as_much_later_as_a_mail_took() -> None:
    moments = Moments(CONNECTIONS, WAIT)
    moments.note_mail(0.25)
    moments.note_mail(99.0)

    later = moments.draw(one(1), has_mail=False) - Moments(CONNECTIONS, WAIT).draw(one(1), has_mail=True)

    assert later == pytest.approx(MAX_TOOK)


@pytest.mark.usefixtures("latest")
@pytest.mark.parametrize("crowd", ["network", "address"])
@pytest.mark.parametrize("has_mail", [True, False])
def test_the_more_jobs_of_a_crowd_are_in_hand_the_longer_they_are_spread(crowd: str, *, has_mail: bool) -> None:
    """Their emails leave half of the connections free, so that the own one among them does not wait."""
    moments = Moments(CONNECTIONS, WAIT)
    for _ in range(50):
        moments.note_mail(0.3)
    members = [one(number, "lane") if crowd == "network" else one(number, str(number), "a") for number in range(30)]

    drawn = [moments.draw(member, has_mail=has_mail) for member in members]

    spread = drawn[-1] - WAIT[0] - (0 if has_mail else 0.3)
    assert drawn[0] < WAIT[1] + 0.3 + 0.01
    assert 30 * 0.3 / spread == pytest.approx(CONNECTIONS / 2)
    assert moments.draw(one(99, "another lane"), has_mail=True) == pytest.approx(WAIT[1])


@pytest.mark.usefixtures("latest")
def test_a_flood_is_not_spread_without_end_and_leaves_nothing_behind() -> None:
    moments, flood = Moments(CONNECTIONS, WAIT), [one(number) for number in range(1000)]
    drawn = [moments.draw(each, has_mail=True) for each in flood]

    for each in flood:
        moments.end(each)

    assert max(drawn) == WAIT[0] + MAX_SPREAD
    assert moments.draw(one(1), has_mail=True) == pytest.approx(WAIT[1])
    assert len(moments._in_hand) == 2


def test_the_median_at_rest_stays_under_two_seconds() -> None:
    drawn = [Moments(CONNECTIONS, WAIT).draw(one(1), has_mail=True) for _ in range(1000)]

    assert mean(drawn) + 0.3 < 2
