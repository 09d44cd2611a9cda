"""The promises about accepting requests, and tables of the results: medians over rounds, ratios within a round."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from benchmarks.phases import Phase, Turn
from benchmarks.results import Chart, Part, Promise, Table, shown

Turns = Mapping[tuple[str, int], list[Turn]]
"""The results of each round, by contender and number of server processes."""

AT_MOST, AT_LEAST = "at most", "at least"


@dataclass(frozen=True)
class Bound:
    """An upper or lower bound for latchkey, relative to another contender, by number of server processes."""

    what: str
    figure: Callable[[Turn], float]
    beside: str
    direction: str
    bounds: Mapping[int, float]


def _cpu_at_saturation(turn: Turn) -> float:
    return turn.saturation.cpu


def _cpu(turn: Turn) -> float:
    """At the same rate for all: the more requests a server handles at once, the less each one costs."""
    return turn.shared.cpu


def _saturation(turn: Turn) -> float:
    return turn.saturation.rate


def _sustained(turn: Turn) -> float:
    return turn.sustained or 0.0


def _p99_at_half(turn: Turn) -> float:
    return turn.half.p99


BOUNDS = (
    Bound("CPU per request at saturation", _cpu_at_saturation, "floor", AT_MOST, {1: 3.5, 2: 3.5}),
    Bound("CPU per request at saturation", _cpu_at_saturation, "usual", AT_MOST, {1: 0.35, 2: 0.35}),
    Bound("CPU per request at the same rate", _cpu, "floor", AT_MOST, {1: 3.5, 2: 3.5}),
    Bound("CPU per request at the same rate", _cpu, "usual", AT_MOST, {1: 0.35, 2: 0.35}),
    Bound("requests per second at saturation", _saturation, "usual", AT_LEAST, {1: 2.5, 2: 2.0}),
    Bound("requests per second at saturation", _saturation, "tutorial", AT_LEAST, {1: 3.0, 2: 2.0}),
    Bound("requests per second with every mail sent", _sustained, "tutorial", AT_LEAST, {1: 1.5, 2: 1.0}),
    Bound("p99 at half of saturation", _p99_at_half, "floor", AT_MOST, {1: 3.0, 2: 3.0}),
)


@dataclass(frozen=True)
class Ratio:
    """Latchkey's figure divided by another contender's in each round, and the bound for the median."""

    name: str
    rounds: tuple[float, ...]
    direction: str
    bound: float

    @property
    def seen(self) -> float:
        """The median of all rounds."""
        return median(self.rounds)

    @property
    def kept(self) -> bool:
        """Tell whether the median is within the bound."""
        return self.seen <= self.bound if self.direction == AT_MOST else self.seen >= self.bound

    def promise(self) -> Promise:
        """Return it as a promise, with the minimum and maximum over all rounds."""
        seen = f"{self.seen:.2f} ({min(self.rounds):.2f} to {max(self.rounds):.2f})"
        return Promise(self.name, seen, f"{self.direction} {self.bound:.2f}", self.kept)


def ratios(turns: Turns) -> list[Ratio]:
    """Compare latchkey's figures with the others'."""
    return [_ratio(bound, processes, turns) for bound in BOUNDS for processes in bound.bounds]


def _ratio(bound: Bound, processes: int, turns: Turns) -> Ratio:
    pairs = zip(turns["latchkey", processes], turns[bound.beside, processes], strict=True)
    rounds = tuple(bound.figure(ours) / bound.figure(theirs) for ours, theirs in pairs)
    name = f"{bound.what}, relative to {bound.beside}, {_processes(processes)}"
    return Ratio(name, rounds, bound.direction, bound.bounds[processes])


def part(turns: Turns) -> Part:
    """Return the tables, promises and charts of all turns."""
    counts = sorted({processes for _, processes in turns})
    tables = [table(turns, count) for count in counts for table in (_at_saturation, _at_half, _at_shared_rate)]
    charts = [chart for count in counts for chart in (_rates(turns, count), _costs(turns, count))]
    promises = [ratio.promise() for ratio in ratios(turns)]
    return Part("Accepting", (*tables, _mails(turns)), (*promises, _every_mail(turns)), tuple(charts), _raw(turns))


def _processes(count: int) -> str:
    return f"{count} server process" + "es" * (count > 1)


def _of(turns: Turns, count: int) -> dict[str, list[Turn]]:
    return {name: found for (name, processes), found in turns.items() if processes == count}


def _median(found: list[Turn], figure: Callable[[Turn], float]) -> float:
    return median(figure(turn) for turn in found)


_PHASE = ("requests/s", "p50 ms", "p99 ms", "CPU ms, server", "CPU ms, Redis")


def _phase(found: list[Phase]) -> tuple[str, ...]:
    """Return the median of each figure separately."""
    figures = zip(*((each.rate, each.p50, each.p99, each.server_cpu, each.redis_cpu) for each in found), strict=True)
    return tuple(shown(median(figure)) for figure in figures)


def _at_saturation(turns: Turns, count: int) -> Table:
    rows = tuple(
        (name, *_phase([turn.saturation for turn in found]), shown(_median(found, lambda turn: turn.memory)))
        for name, found in _of(turns, count).items()
    )
    return Table(f"At saturation, {_processes(count)}", ("", *_PHASE, "memory MB"), rows)


def _at_half(turns: Turns, count: int) -> Table:
    rows = tuple((name, *_phase([turn.half for turn in found])) for name, found in _of(turns, count).items())
    return Table(f"At half of its own saturation, {_processes(count)}", ("", *_PHASE), rows)


def _at_shared_rate(turns: Turns, count: int) -> Table:
    rows = tuple((name, *_phase([turn.shared for turn in found])) for name, found in _of(turns, count).items())
    return Table(f"At the same rate for all, {_processes(count)}", ("", *_PHASE), rows)


def _mails(turns: Turns) -> Table:
    rows = tuple(
        (name, str(count), shown(_median(found, _sustained)), *_owed_and_mailed(found))
        for (name, count), found in turns.items()
        if name != "floor"
    )
    return Table(
        "With every mail sent; latchkey and usual also run 2 worker processes",
        ("", "server processes", "requests/s", "mails owed", "mails sent"),
        rows,
    )


def _owed_and_mailed(found: list[Turn]) -> tuple[str, str]:
    return f"{sum(turn.owed for turn in found):,}", f"{sum(turn.mailed for turn in found):,}"


def _every_mail(turns: Turns) -> Promise:
    found = [turn for (name, _), each in turns.items() if name == "latchkey" for turn in each]
    owed, mailed = _owed_and_mailed(found)
    kept = all(turn.owed == turn.mailed for turn in found)
    return Promise("mails sent, one per accepted request for a known address", mailed, f"exactly {owed}", kept)


def _rates(turns: Turns, count: int) -> Chart:
    bars = tuple((name, _median(found, _saturation)) for name, found in _of(turns, count).items())
    return Chart(f"Requests per second, {_processes(count)}", bars)


def _costs(turns: Turns, count: int) -> Chart:
    # Without the tutorial, whose server also sends the mails: the other contenders' workers are not counted here.
    found = {name: each for name, each in _of(turns, count).items() if name != "tutorial"}
    return Chart(
        f"CPU ms per request, {_processes(count)} (lower is better)",
        tuple((name, _median(each, _cpu)) for name, each in found.items()),
    )


def _raw(turns: Turns) -> dict[str, list[dict[str, Any]]]:
    return {f"{name}, {_processes(count)}": [asdict(turn) for turn in found] for (name, count), found in turns.items()}
