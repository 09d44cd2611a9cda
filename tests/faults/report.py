"""The promise for each fault, what happened, and the table of results."""

from dataclasses import dataclass, field
from math import ceil, inf

from tests.faults.ledger import Ledger
from tests.faults.run import Run
from worker.delivery.intake import LEASE

SLOWEST = LEASE + 12.0  # Seconds: the lease, ten more, and a sweeper's tick with some emails before it.


@dataclass(frozen=True)
class Promise:
    """The limits that one fault must keep.

    flows: seconds until mail flows again. twice: share of the accepted requests that may be mailed twice. lost: whether
    any may be lost. gap: longest time without an email, in seconds. slowest: longest wait for an email, in seconds.
    """

    flows: float = inf
    twice: float = 0.0
    lost: bool = False
    gap: float = inf
    slowest: float = SLOWEST


@dataclass
class Row:
    """One line of the table."""

    fault: str
    rate: float = 0.0
    accepted: int = 0
    mailed: int = 0
    lost: int = 0
    twice: int = 0
    flows: float = 0.0
    slowest: float = 0.0
    broken: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: bool = False

    @property
    def verdict(self) -> str:
        """Return "kept", or what was broken."""
        if self.skipped:
            return "not run"
        return "BROKEN: " + ", ".join(self.broken) if self.broken else "kept"


def judged(title: str, promise: Promise, run: Run) -> Row:
    """Compare what happened with the promise."""
    ledger = run.ledger
    twice = ledger.mailed_twice()
    row = Row(
        fault=title,
        rate=len(ledger.accepted) / (run.load.over - run.load.begun),
        accepted=len(ledger.accepted),
        mailed=len(ledger.first_mailed().keys() & ledger.accepted.keys()),
        lost=len(ledger.lost(run.owed)),
        twice=len(twice),
        flows=max(run.flows, default=0.0),
        slowest=ledger.slowest(run.ends),
        broken=list(run.broken),
        notes=[*run.notes, *_notes(ledger)],
    )
    gap = ledger.largest_gap(run.load.begun, run.load.over)
    limits = {
        f"{row.lost} lost": promise.lost or not row.lost,
        f"{row.twice} mailed twice": row.twice <= ceil(promise.twice * row.accepted),
        "copies with different Message-IDs": all(len(identities) == 1 for identities in twice.values()),
        f"mail after {row.flows:.1f} s": row.flows < promise.flows,
        f"a mail waited {row.slowest:.0f} s": row.slowest < promise.slowest,
        f"{gap:.1f} s without a mail": gap < promise.gap,
    }
    row.broken += [what for what, holds in limits.items() if not holds]
    return row


def _notes(ledger: Ledger) -> list[str]:
    others = {status: count for status, count in sorted(ledger.answers.items()) if status != 202}
    return [f"{count} x {status or 'no answer'}" for status, count in others.items()]


HEAD = ("fault", "accepted", "a second", "mailed", "lost", "twice", "flows again s", "slowest s", "verdict", "also")


def table(rows: list[Row]) -> str:
    """Return a Markdown table that is also readable as plain text."""
    lines = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    rule = tuple("-" * width for width in widths)
    padded = (
        " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in (HEAD, rule, *lines[1:])
    )
    return "".join(f"| {line} |\n" for line in padded)


def _cells(row: Row) -> tuple[str, ...]:
    figures = (row.accepted, round(row.rate), row.mailed, row.lost, row.twice, f"{row.flows:.2f}", f"{row.slowest:.1f}")
    # A fault without load has nothing to count.
    shown = [str(figure) if row.accepted else "" for figure in figures]
    return (row.fault, *shown, row.verdict, "; ".join(row.notes))
