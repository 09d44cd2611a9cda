"""The interface of a benchmark part: its input and its results.

A part is a function that takes a `Bench` and returns a `Part`. Tables and promises contain formatted text, charts
contain numbers. `python -m benchmarks` knows nothing about the parts except their names.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Bench:
    """The input of a part: a folder for logs and data, and how much to measure."""

    folder: Path
    short: bool = False
    rounds: int | None = None
    """If None, the part decides."""


@dataclass(frozen=True)
class Table:
    """A table of formatted figures. The first column names the row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chart:
    """Named bars of the same unit."""

    title: str
    bars: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Promise:
    """A promise, the measured value, its bound, and whether it is kept."""

    text: str
    seen: str
    bound: str
    kept: bool


@dataclass(frozen=True)
class Part:
    """The results of one part of the benchmarks."""

    title: str
    tables: tuple[Table, ...]
    promises: tuple[Promise, ...] = ()
    charts: tuple[Chart, ...] = ()
    raw: Any = None
    """All raw figures, as dictionaries, lists and numbers; only `--json` saves them."""


Measure = Callable[[Bench], Part]


def shown(figure: float) -> str:
    """Format a figure with three significant digits, but always with its whole integer part."""
    digits = 0 if abs(figure) >= 100 else 1 if abs(figure) >= 10 else 2  # noqa: PLR2004 - three digits
    return f"{figure:,.{digits}f}"
