"""Formats the results as Markdown, and writes them into a document."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine import Machine
from benchmarks.results import Part, Promise, Table

BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
_ALT = (
    "Bar charts: requests per second, CPU milliseconds per request, and mails per second. "
    "The tables below have the figures."
)
_PROMISES = ("promise", "measured", "bound", "kept")


class NoPlaceError(Exception):
    """The document does not have exactly one place for the results."""


def markdown(parts: Sequence[Part], machine: Machine, picture: str = "") -> str:
    """Return everything: the machine, the picture, the tables of each part, and all promises."""
    blocks = [_measured_on(machine)]
    if picture:
        blocks.append(f"![{_ALT}]({picture})")
    for part in parts:
        blocks.append(f"### {part.title}")
        blocks += [f"{table.title}:\n\n{grid(table)}" for table in part.tables]
    promises = [promise for part in parts for promise in part.promises]
    blocks += ["### What is promised", grid(_promises(promises))]
    return "\n\n".join(blocks) + "\n"


def grid(table: Table) -> str:
    """Return a Markdown table that is also readable as plain text, with figures aligned to the right."""
    lines = [table.columns, *table.rows]
    widths = [max(3, *(len(line[column]) for line in lines)) for column in range(len(table.columns))]
    rights = [column > 0 and _is_figures(table, column) for column in range(len(table.columns))]
    rule = tuple("-" * (width - right) + ":" * right for width, right in zip(widths, rights, strict=True))
    return "\n".join(_line(cells, widths, rights) for cells in (table.columns, rule, *table.rows))


def _line(cells: Sequence[str], widths: Sequence[int], rights: Sequence[bool]) -> str:
    columns = zip(cells, widths, rights, strict=True)
    return "| " + " | ".join(cell.rjust(width) if right else cell.ljust(width) for cell, width, right in columns) + " |"


def _is_figures(table: Table, column: int) -> bool:
    return all(not row[column] or row[column][0] in "-0123456789" for row in table.rows)


def _measured_on(machine: Machine) -> str:
    return (
        f"Measured on {machine.date} with `{machine.command}`: {machine.cpu}, {machine.cores} cores, "
        f"Python {machine.python}, {machine.redis}, PostgreSQL {machine.postgresql}."
    )


def _promises(promises: Sequence[Promise]) -> Table:
    rows = tuple((each.text, each.seen, each.bound, "yes" if each.kept else "**no**") for each in promises)
    return Table("", _PROMISES, rows)


def write_into(document: Path, text: str) -> None:
    """Write the text between the document's two markers.

    Raises NoPlaceError.
    """
    before, begin, rest = document.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in after:
        raise NoPlaceError(f"{document} must contain {BEGIN} once, and {END} once after it")
    document.write_text(f"{before}{BEGIN}\n{text}{END}{after}")
