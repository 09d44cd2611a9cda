"""What is promised of accepting, and the tables of what was seen: medians over the rounds, ratios within a round."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from benchmarks.phases import Phase, Turn
from benchmarks.results import Chart, Part, Promise, Table, shown

Turns = Mapping[tuple[str, int], list[Turn]]
"""What was seen in each round, by contender and number of server processes."""

AT_MOST, AT_LEAST = "at most", "at least"


@dataclass(frozen=True)
class Bound:
    """What latchkey may take, or must reach, in multiples of another contender, by number of server processes."""

    what: str
    figure: Callable[[Turn], float]
    beside: str
    direction: str
    bounds: Mapping[int, float]


def _cpu_at_saturation(turn: Turn) -> float:
    return turn.saturation.cpu


def _cpu(turn: Turn) -> float:
    """At the rate that all share: a request costs less the more of them a server finds at once."""
    return turn.shared.cpu


def _saturation(turn: Turn) -> float:
    return turn.saturation.rate


def _sustained(turn: Turn) -> float:
    return turn.sustained or 0.0


def _p99_at_half(turn: Turn) -> float:
    return turn.half.p99


BOUNDS = (
    Bound("CPU a request at saturation", _cpu_at_saturation, "floor", AT_MOST, {1: 3.5, 2: 3.5}),
    Bound("CPU a request at saturation", _cpu_at_saturation, "usual", AT_MOST, {1: 0.35, 2: 0.35}),
    Bound("CPU a request at the same rate", _cpu, "floor", AT_MOST, {1: 3.5, 2: 3.5}),
    Bound("CPU a request at the same rate", _cpu, "usual", AT_MOST, {1: 0.35, 2: 0.35}),
    Bound("requests a second at saturation", _saturation, "usual", AT_LEAST, {1: 2.5, 2: 2.0}),
    Bound("requests a second at saturation", _saturation, "tutorial", AT_LEAST, {1: 3.0, 2: 2.0}),
    Bound("requests a second with every mail out", _sustained, "tutorial", AT_LEAST, {1: 1.5, 2: 1.0}),
    Bound("p99 at half of saturation", _p99_at_half, "floor", AT_MOST, {1: 3.0, 2: 3.0}),
)


@dataclass(frozen=True)
class Ratio:
    """Latchkey's figure by another contender's in each round, and the bound of their median."""

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
        """Tell whether it is within its bound."""
        return self.seen <= self.bound if self.direction == AT_MOST else self.seen >= self.bound

    def promise(self) -> Promise:
        """Write it down, with the least and the most of all rounds."""
        seen = f"{self.seen:.2f} ({min(self.rounds):.2f} to {max(self.rounds):.2f})"
        return Promise(self.name, seen, f"{self.direction} {self.bound:.2f}", self.kept)


def ratios(turns: Turns) -> list[Ratio]:
    """Hold latchkey's figures against the others'."""
    return [_ratio(bound, processes, turns) for bound in BOUNDS for processes in bound.bounds]


def _ratio(bound: Bound, processes: int, turns: Turns) -> Ratio:
    pairs = zip(turns["latchkey", processes], turns[bound.beside, processes], strict=True)
    rounds = tuple(bound.figure(ours) / bound.figure(theirs) for ours, theirs in pairs)
    name = f"{bound.what}, times {bound.beside}'s, {_processes(processes)}"
    return Ratio(name, rounds, bound.direction, bound.bounds[processes])


def part(turns: Turns) -> Part:
    """Say what was found."""
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
    """Return the medians of each figure by itself."""
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
        "With every mail out; latchkey and usual have 2 worker processes more",
        ("", "server processes", "requests/s", "mails owed", "mails sent"),
        rows,
    )


def _owed_and_mailed(found: list[Turn]) -> tuple[str, str]:
    return f"{sum(turn.owed for turn in found):,}", f"{sum(turn.mailed for turn in found):,}"


def _every_mail(turns: Turns) -> Promise:
    found = [turn for (name, _), each in turns.items() if name == "latchkey" for turn in each]
    owed, mailed = _owed_and_mailed(found)
    kept = all(turn.owed == turn.mailed for turn in found)
    return Promise("mails sent, one for each known address that was accepted", mailed, f"exactly {owed}", kept)


def _rates(turns: Turns, count: int) -> Chart:
    bars = tuple((name, _median(found, _saturation)) for name, found in _of(turns, count).items())
    return Chart(f"Requests a second, {_processes(count)}", bars)


def _costs(turns: Turns, count: int) -> Chart:
    # The tutorial's server also mails; what others' workers take is not in here.
    found = {name: each for name, each in _of(turns, count).items() if name != "tutorial"}
    return Chart(
        f"CPU ms a request, {_processes(count)} (less is better)",
        tuple((name, _median(each, _cpu)) for name, each in found.items()),
    )


def _raw(turns: Turns) -> dict[str, list[dict[str, Any]]]:
    return {f"{name}, {_processes(count)}": [asdict(turn) for turn in found] for (name, count), found in turns.items()}
