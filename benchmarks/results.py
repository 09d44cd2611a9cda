"""How a part of the benchmarks is called, and what it returns: tables, charts, and promises beside what was seen.

A part is a function that takes a `Bench` and returns a `Part`. Tables and promises are ready to be shown, charts hold
numbers. `python -m benchmarks` knows the parts by name and nothing else about them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Bench:
    """What a part is given: a folder for logs and data, and how much to measure."""

    folder: Path
    short: bool = False
    rounds: int | None = None
    """As many as the part thinks right, if it is not said."""


@dataclass(frozen=True)
class Table:
    """Figures as they are shown. The first column names the row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chart:
    """Bars of one unit, by what they stand for."""

    title: str
    bars: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Promise:
    """What is promised, what was seen, and whether that keeps it."""

    text: str
    seen: str
    bound: str
    kept: bool


@dataclass(frozen=True)
class Part:
    """What one part of the benchmarks found."""

    title: str
    tables: tuple[Table, ...]
    promises: tuple[Promise, ...] = ()
    charts: tuple[Chart, ...] = ()
    raw: Any = None
    """All single figures, of dictionaries, lists and numbers: only `--json` keeps them."""


Measure = Callable[[Bench], Part]


def shown(figure: float) -> str:
    """Write a figure with three digits, or all that stand before the point."""
    digits = 0 if abs(figure) >= 100 else 1 if abs(figure) >= 10 else 2  # noqa: PLR2004 - what three digits are
    return f"{figure:,.{digits}f}"
