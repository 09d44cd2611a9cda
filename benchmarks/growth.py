"""Growth: what many users, many waiting jobs and many clients cost each request, and each mail.

The sides of a comparison stand beside each other and are measured in turns, in rounds of a second or so, in an order
drawn anew for each round. A figure holds if the interval of its ratio reaches MAX_RATIO or below.
"""

import random
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import databases, limiter_keys
from benchmarks.figures import Estimate, ratio
from benchmarks.services import Services
from benchmarks.sides import FIGURES, SWEEP, Drawn, Side
from benchmarks.sink import Sink
from tests.faults.cases import backlog
from tests.faults.run import say

MAX_RATIO = 1.10
WAITING = "waiting jobs"
# No limiter key ends while we look: their number is what is measured.
LONG_WINDOWS = "1000000/hour;1000000/day"


@dataclass(frozen=True)
class Scale:
    """How large the sides are, the smallest first, and how long they are measured."""

    users: Sequence[int] = (100_000, 1_000_000, 10_000_000)
    waiting: Sequence[int] = (0, 1_000_000)
    clients: Sequence[int] = (1_000, 1_000_000)
    rounds: int = 40
    requests: int = 250  # In a round.
    mails: int = 30  # In a round, of these.


SHORT = Scale((1_000, 10_000), (0, 10_000), (100, 10_000), rounds=2, requests=40, mails=20)


@dataclass(frozen=True)
class Figure:
    """A figure of both sides in milliseconds, the median of its rounds, and how many times as large it has become."""

    name: str
    base: float
    grown: float
    ratio: Estimate

    @property
    def holds(self) -> bool:
        """Tell whether it may be at most a tenth worse."""
        return self.ratio.low <= MAX_RATIO


@dataclass(frozen=True)
class Growth:
    """What grew from how many to how many, and what that did to each figure.

    statuses: how often each came, of both sides. mails: how many went out.
    """

    what: str
    base: int
    grown: int
    figures: tuple[Figure, ...]
    statuses: Mapping[int, int]
    mails: int


def measure(folder: Path, database_url: str, sink: Sink, *, short: bool) -> list[Growth]:
    """Measure what grows, one after the other.

    folder: exists, and is empty. database_url: a PostgreSQL on which databases may be made.
    Raises TimeoutError, ConnectionError, and RuntimeError if mails are missing.
    """
    scale = SHORT if short else Scale()
    found: list[Growth] = []
    for compare in (users, waiting, clients):
        own = folder / compare.__name__
        own.mkdir()
        found += compare(own, database_url, sink, scale)
    return found


def users(folder: Path, database_url: str, sink: Sink, scale: Scale) -> list[Growth]:
    """Compare tables of users. Who is asked for is drawn from the whole table; it and its indexes are in memory.

    With the server's own 128 MB of buffers the small table is in them and the large one is not: a look-up in 10 million
    users took PostgreSQL 20 to 30 us of CPU more than the 60 to 70 that one in 100,000 took.
    """
    with ExitStack() as ends:
        services = Services(folder, database_url, sink, ends)

        def start(number: int) -> Side:
            url = ends.enter_context(databases.generated(database_url, f"growth_{number}", number))
            say(f"growth: {number} users")
            return _side(services, ends, f"users-{number}", Drawn(number), {"DATABASE_URL": url})

        return _compared("users", [(number, start(number)) for number in scale.users], scale, sink)


def waiting(folder: Path, database_url: str, sink: Sink, scale: Scale) -> list[Growth]:
    """Compare outboxes. Nobody takes from the queue's old end, so what waits goes on waiting."""
    with ExitStack() as ends:
        services, users = _with_users(folder, database_url, sink, scale, ends)
        # The door must have room for more.
        settings = {"OUTBOX_MAX": str(10 * max(scale.waiting))}

        def start(number: int) -> Side:
            side = _side(services, ends, f"waiting-{number}", Drawn(users), settings)
            backlog.fill(side.store.client, number)
            say(f"growth: {number} jobs wait")
            return side

        return _compared(WAITING, [(number, start(number)) for number in scale.waiting], scale, sink)


def clients(folder: Path, database_url: str, sink: Sink, scale: Scale) -> list[Growth]:
    """Compare limiters that count so many clients, all of whom go on asking."""
    with ExitStack() as ends:
        services, users = _with_users(folder, database_url, sink, scale, ends)
        settings = {"TRUSTED_PROXIES": "1", "FORGOT_LIMIT_PER_IP": LONG_WINDOWS}

        def start(number: int) -> Side:
            side = _side(services, ends, f"clients-{number}", Drawn(users, number), settings)
            limiter_keys.fill(side, number)
            say(f"growth: {number} clients are counted")
            return side

        return _compared("clients in the limiter", [(number, start(number)) for number in scale.clients], scale, sink)


def _with_users(folder: Path, database_url: str, sink: Sink, scale: Scale, ends: ExitStack) -> tuple[Services, int]:
    """Make the smallest table of users for both sides."""
    number = min(scale.users)
    url = ends.enter_context(databases.generated(database_url, f"growth_{folder.name}", number))
    return Services(folder, url, sink, ends), number


def _side(services: Services, ends: ExitStack, name: str, drawn: Drawn, settings: dict[str, str]) -> Side:
    return ends.enter_context(closing(Side(name, drawn, services, settings)))


def _compared(what: str, sides: Sequence[tuple[int, Side]], scale: Scale, sink: Sink) -> list[Growth]:
    """Measure the sides in turns, and hold each against the first."""
    for _, side in sides:
        side.measure(scale.requests, scale.mails)
        side.forget()
    before = sink.count()
    for _ in range(scale.rounds):
        for _, side in random.sample(sides, len(sides)):
            side.measure(scale.requests, scale.mails)
    mails, expected = sink.count() - before, sum(side.mails for _, side in sides)
    if mails != expected:
        raise RuntimeError(f"{mails} mails, not {expected}")
    (base, base_side), *others = sides
    for _, side in sides:
        if set(side.statuses) != {202}:
            raise RuntimeError(f"{side.name} answered {dict(side.statuses)}")
    return [
        Growth(what, base, grown, _figures(what, base_side, side), *_counts(base_side, side)) for grown, side in others
    ]


def _counts(base: Side, grown: Side) -> tuple[Mapping[int, int], int]:
    return dict(base.statuses + grown.statuses), base.mails + grown.mails


def _figures(what: str, base: Side, grown: Side) -> tuple[Figure, ...]:
    # A sweep looks at what waits. Elsewhere it does nothing, in some 50 us, and its time tells of the machine alone.
    names = [name for name in FIGURES if name != SWEEP or what == WAITING]
    return tuple(
        Figure(
            FIGURES[name],
            median(base.rounds[name]),
            median(grown.rounds[name]),
            ratio(grown.rounds[name], base.rounds[name]),
        )
        for name in names
    )
