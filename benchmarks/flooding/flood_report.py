"""A flood within the limits: whether honest people get their mails meanwhile."""

from collections.abc import Sequence
from dataclasses import asdict
from math import inf

from benchmarks import services
from benchmarks.flooding import flood
from benchmarks.flooding.flood import MAX_AGE, Flood, Outcome
from benchmarks.results import Bench, Part, Promise, Table, shown
from benchmarks.services import UNLIMITED
from tests.faults.run import say

MAX_P95 = 10.0  # Seconds.
MANY = 256  # Networks of 48 bits.
SHORT = (Flood("one /48", seconds=5.0),)
# One that a limit of networks may stop, and two that the queue must endure for twice MAIL_MAX_AGE.
FULL = (
    Flood("one /48", seconds=600.0),
    Flood("one /48, its limit off", 1, UNLIMITED, 2.0 * MAX_AGE),
    Flood(f"{MANY} /48, their limit off", MANY, UNLIMITED, 2.0 * MAX_AGE),
)


def run(bench: Bench) -> Part:
    """Measure, and return the results."""
    return planned(bench, SHORT if bench.short else FULL)


def planned(bench: Bench, plan: Sequence[Flood]) -> Part:
    """Measure these floods, and return the results."""
    outcomes = []
    with services.users(bench.folder, 1) as server_url:
        for number, each in enumerate(plan):
            own = bench.folder / f"flood-{number}"
            own.mkdir()
            say(f"flood: {each.name}, {each.seconds:.0f} s")
            outcomes.append(flood.measure(own, server_url, each))
    return part(outcomes)


def part(outcomes: Sequence[Outcome]) -> Part:
    """Return the tables and the promises."""
    flooded = Table(
        "The flood, requests a second",
        ("", "seconds", "accepted", "429", "503"),
        tuple(
            (
                each.flood.name,
                f"{each.flooded.seconds:.0f}",
                *(f"{each.rate(status):,.0f}" for status in (202, 429, 503)),
            )
            for each in outcomes
        ),
    )
    honest = Table(
        "Honest people, one a second from other networks, while it lasts",
        ("", "asked", "refused", "mailed", "p50 s", "p95 s", "dropped, of all"),
        tuple(_honest(each) for each in outcomes),
    )
    promises = tuple(promise for each in outcomes for promise in _promises(each))
    return Part("Flood", (flooded, honest), promises, raw=[asdict(each) for each in outcomes])


def _honest(each: Outcome) -> tuple[str, ...]:
    refused = each.asked - len(each.to_mail)
    times = (_seconds(each.quantile(q)) for q in (0.5, 0.95))
    return each.flood.name, f"{each.asked:,}", f"{refused:,}", f"{each.mailed:,}", *times, f"{each.dropped:,}"


def _seconds(seconds: float) -> str:
    return shown(seconds) if seconds < inf else "never"


def _promises(each: Outcome) -> tuple[Promise, ...]:
    name, p95 = each.flood.name, each.quantile(0.95)
    return (
        Promise(f"honest people mailed, {name}", f"{each.mailed} of {each.asked}", "all", each.mailed == each.asked),
        Promise(f"p95 s until their mail, {name}", _seconds(p95), f"below {MAX_P95:.0f}", p95 < MAX_P95),
        Promise(f"jobs dropped as too old, {name}", f"{each.dropped:,}", "0", each.dropped == 0),
    )
