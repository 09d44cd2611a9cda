"""Growth: how much many users, many waiting jobs and many clients slow down requests and mails."""

from collections.abc import Sequence
from dataclasses import asdict

from benchmarks import growth, services
from benchmarks.figures import interval
from benchmarks.growth import MAX_RATIO, Figure, Growth
from benchmarks.results import Bench, Part, Promise, Table, shown
from benchmarks.sink import sink

_COLUMNS = ("", "ms with fewer", "ms with more", "ratio", "95 % interval")


def run(bench: Bench) -> Part:
    """Measure, and return the results."""
    with services.users(bench.folder, 1) as database_url, sink() as relay:
        return part(growth.measure(bench.folder, database_url, relay, short=bench.short))


def part(found: Sequence[Growth]) -> Part:
    """Return the tables and promises."""
    promises = [_promise(each, figure) for each in found for figure in each.figures]
    raw = [asdict(each) for each in found]
    return Part("Growth", tuple(_table(each) for each in found), tuple(promises), raw=raw)


def _title(growth: Growth) -> str:
    return f"{growth.grown:,} {growth.what} instead of {growth.base:,}"


def _table(growth: Growth) -> Table:
    return Table(_title(growth), _COLUMNS, tuple(_row(figure) for figure in growth.figures))


def _row(figure: Figure) -> tuple[str, ...]:
    return figure.name, shown(figure.base), shown(figure.grown), shown(figure.ratio.value), interval(figure.ratio)


def _promise(growth: Growth, figure: Figure) -> Promise:
    seen = f"{shown(figure.ratio.value)} ({interval(figure.ratio)})"
    return Promise(f"{_title(growth)}: {figure.name}", seen, f"lower end at most {MAX_RATIO:.2f}", figure.holds)
