"""Growth: what many users, many waiting jobs and many clients cost each request, and each mail."""

from benchmarks import growth, services
from benchmarks.figures import Estimate
from benchmarks.growth import MOST, Figure, Growth
from benchmarks.results import Bench, Part, Promise, Table, shown
from benchmarks.sink import sink

_COLUMNS = ("", "ms with the fewer", "ms with the more", "ratio", "95 % interval")


def run(bench: Bench) -> Part:
    """Measure, and say what was found."""
    (own := bench.folder / "growth").mkdir()
    with services.users(bench.folder, 1) as database_url, sink() as relay:
        found = growth.measure(own, database_url, relay, short=bench.short)
    promises = [_promise(each, figure) for each in found for figure in each.figures]
    return Part("Growth", tuple(_table(each) for each in found), tuple(promises))


def _title(growth: Growth) -> str:
    return f"{growth.grown:,} {growth.what} instead of {growth.base:,}"


def _table(growth: Growth) -> Table:
    return Table(_title(growth), _COLUMNS, tuple(_row(figure) for figure in growth.figures))


def _row(figure: Figure) -> tuple[str, ...]:
    return figure.name, shown(figure.base), shown(figure.grown), shown(figure.ratio.value), interval(figure.ratio)


def interval(estimate: Estimate) -> str:
    """Write the ends of an interval."""
    return f"{estimate.low:.3f} to {estimate.high:.3f}"


def _promise(growth: Growth, figure: Figure) -> Promise:
    seen = f"{shown(figure.ratio.value)} ({interval(figure.ratio)})"
    return Promise(f"{_title(growth)}: {figure.name}", seen, f"interval reaches {MOST:.2f} or below", figure.holds)
