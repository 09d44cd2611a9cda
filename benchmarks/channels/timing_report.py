"""The timing oracle: whether response times reveal who has an account, or for whom a link was requested lately."""

from dataclasses import asdict

from benchmarks import services
from benchmarks.channels import timing
from benchmarks.channels.timing import Comparison, Timing
from benchmarks.figures import interval
from benchmarks.results import Bench, Part, Promise, Table, shown
from benchmarks.sink import sink

MAX_DIFFERENCE = 0.02
_COLUMNS = ("", "requests", "median ms, first", "median ms, second", "AUC", "95 % interval")


def run(bench: Bench) -> Part:
    """Measure, and return the results."""
    with services.users(bench.folder, 1) as database_url, sink() as relay:
        return part(timing.measure(bench.folder, database_url, relay, short=bench.short))


def part(found: Timing) -> Part:
    """Return the table and the promises. The next request's time may reveal the worker's load, so it has no bound."""
    rows = tuple(_row(each) for each in (found.known, found.next_one, found.limited, found.asked))
    promises = tuple(_promise(each) for each in (found.known, found.limited, found.asked))
    table = Table("Whether the response time tells two classes apart (0.5: not at all)", _COLUMNS, rows)
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
