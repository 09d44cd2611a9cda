"""The timing oracle: whether the time of an answer tells who has an account, or who was asked for lately."""

from dataclasses import asdict

from benchmarks import services, timing
from benchmarks.figures import interval
from benchmarks.results import Bench, Part, Promise, Table, shown
from benchmarks.sink import sink
from benchmarks.timing import Comparison, Timing

MAX_DIFFERENCE = 0.02
_COLUMNS = ("", "requests", "median ms, first", "median ms, second", "AUC", "95 % interval")


def run(bench: Bench) -> Part:
    """Measure, and say what was found."""
    with services.users(bench.folder, 1) as database_url, sink() as relay:
        return part(timing.measure(bench.folder, database_url, relay, short=bench.short))


def part(found: Timing) -> Part:
    """Write it down. What follows a request is another request, whose time may tell of the worker: it is only told."""
    rows = tuple(_row(each) for each in (found.known, found.next_one, found.limited, found.asked))
    promises = tuple(_promise(each) for each in (found.known, found.limited, found.asked))
    table = Table("Whether one answer's time tells two apart (0.5: it does not)", _COLUMNS, rows)
    return Part("Timing", (table,), promises, raw=asdict(found))


def _title(comparison: Comparison) -> str:
    return f"{comparison.first} / {comparison.second}"


def _row(comparison: Comparison) -> tuple[str, ...]:
    first, second = (shown(median * 1000) for median in comparison.medians)
    estimate = comparison.auc
    return _title(comparison), f"{comparison.requests:,}", first, second, f"{estimate.value:.3f}", interval(estimate)


def _promise(comparison: Comparison) -> Promise:
    value = comparison.auc.value
    seen = f"{value:.3f} ({interval(comparison.auc)})"
    bound = f"0.5 within {MAX_DIFFERENCE}"
    return Promise(f"AUC, {_title(comparison)}", seen, bound, abs(value - 0.5) <= MAX_DIFFERENCE)
