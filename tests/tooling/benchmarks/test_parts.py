"""`make bench`: what each part reports, and that it shows broken promises."""

import pytest

from benchmarks import growth_report, hashing_report, mailing_report
from benchmarks.channels import timing_report
from benchmarks.channels.timing import Comparison, Timing
from benchmarks.figures import Estimate
from benchmarks.growth import Figure, Growth
from benchmarks.hashing import Door, Hashing, Loaded
from benchmarks.mailing import Mailing, Pace
from benchmarks.results import Part


def kept(part: Part) -> list[bool]:
    return [promise.kept for promise in part.promises]


def words(part: Part) -> str:
    return " ".join(cell for table in part.tables for row in table.rows for cell in row)


def mailing(worker_ms: float) -> Mailing:
    costs = {
        "empty task": 0.5,
        "bare Flask-Mail": 1.5,
        "latchkey": worker_ms,
        "latchkey with events": 4.0,
        "usual": 5.0,
    }
    return Mailing({name: [Pace(321.0, cost, 0.3, 0.1)] for name, cost in costs.items()})


@pytest.mark.parametrize(("worker_ms", "expected"), [(3.2, True), (3.3, False)])
def test_the_bound_on_the_workers_cpu_time_per_mail(worker_ms: float, *, expected: bool) -> None:
    part = mailing_report.part(mailing(worker_ms))

    assert kept(part) == [expected]
    assert "321" in words(part)
    assert [name for name, _ in part.charts[0].bars] == ["latchkey", "latchkey with events", "usual"]


def hashing(p99: float, status: int = 202) -> Hashing:
    loaded = Loaded(Door(2.0, p99, {202: 9, status: 1}), 3.0, (3.0,), {200: 3, 503: 17, 400: 2}, 1.5, 0.4, 0.01)
    return Hashing(50, 800.0, 200.0, Door(2.0, 3.0, {202: 10}), loaded, loaded)


@pytest.mark.parametrize(
    ("found", "expected"), [(hashing(100.0), True), (hashing(100.1), False), (hashing(10.0, 503), False)]
)
def test_the_bound_on_how_much_hashing_slows_requests_for_links(found: Hashing, *, expected: bool) -> None:
    part = hashing_report.part(found)

    assert kept(part) == [expected]
    assert ("patient", "3", "17", "2", "1.50", "0.40", "0.01") in part.tables[1].rows


@pytest.mark.parametrize(("low", "expected"), [(1.1, True), (1.11, False)])
def test_growth_is_fine_if_the_interval_includes_ten_percent(low: float, *, expected: bool) -> None:
    figure = Figure("a mail", 2.0, 2.4, Estimate(1.2, low, 1.3))

    part = growth_report.part([Growth("users", 1000, 1_000_000, (figure,), {202: 1}, 1)])

    assert kept(part) == [expected]
    assert part.tables[0].title == "1,000,000 users instead of 1,000"
    assert "1.200" not in words(part)
    assert f"{low:.3f} to 1.300" in words(part)


@pytest.mark.parametrize(("value", "expected"), [(0.519, True), (0.479, False), (0.521, False)])
def test_the_bound_on_how_well_answers_can_be_told_apart(value: float, *, expected: bool) -> None:
    def compared(auc: float) -> Comparison:
        return Comparison("one", "other", 20_000, (0.001, 0.002), Estimate(auc, auc - 0.01, auc + 0.01))

    part = timing_report.part(Timing(compared(0.5), compared(0.9), compared(value), compared(0.5), {202: 1}, 1))

    assert kept(part) == [True, expected, True]
    assert f"{value:.3f}" in words(part)
