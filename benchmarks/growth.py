"""Growth: how much many users, many waiting jobs and many clients slow down requests and mails.

The sides of a comparison run in parallel and are measured in turns, in rounds of about a second and in a new random
order each round. A figure holds if the lower end of its ratio's interval is at most MAX_RATIO.
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
# Long enough that no limiter key expires during the measurement, which depends on their number.
LONG_WINDOWS = "1000000/hour;1000000/day"


@dataclass(frozen=True)
class Scale:
    """The sizes of the sides, smallest first, and how much to measure."""

    users: Sequence[int] = (100_000, 1_000_000, 10_000_000)
    waiting: Sequence[int] = (0, 1_000_000)
    clients: Sequence[int] = (1_000, 1_000_000)
    rounds: int = 40
    requests: int = 250  # Per round.


SHORT = Scale((1_000, 10_000), (0, 10_000), (100, 10_000), rounds=2, requests=40)


@dataclass(frozen=True)
class Figure:
    """The medians of both sides in milliseconds, and the ratio between them."""

    name: str
    base: float
    grown: float
    ratio: Estimate

    @property
    def holds(self) -> bool:
        """Tell whether the interval allows a growth of at most MAX_RATIO."""
        return self.ratio.low <= MAX_RATIO


@dataclass(frozen=True)
class Growth:
    """What grew, from and to which size, and how each figure changed.

    statuses: responses by status, of both sides. mails: number of mails sent.
    """

    what: str
    base: int
    grown: int
    figures: tuple[Figure, ...]
    statuses: Mapping[int, int]
    mails: int


def measure(folder: Path, database_url: str, sink: Sink, *, short: bool) -> list[Growth]:
    """Measure the growth of users, of waiting jobs and of clients.

    folder: an existing, empty folder. database_url: a PostgreSQL server on which databases may be created.
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
    """Compare users tables. The users are drawn at random from the whole table, which is in memory with its indexes.

    The small table fits into PostgreSQL's default 128 MB of buffers, but the large one does not: a lookup among 100,000
    users took 60 to 70 us of CPU, and one among 10 million took 20 to 30 us more.
    """
    with ExitStack() as ends:
        services = Services(folder, database_url, sink, ends)

        def start(number: int) -> Side:
            url = ends.enter_context(databases.generated(database_url, f"growth_{number}", number))
            say(f"growth: {number} users")
            return _side(services, ends, f"users-{number}", Drawn(number), {"DATABASE_URL": url})

        return _compared("users", [(number, start(number)) for number in scale.users], scale, sink)


def waiting(folder: Path, database_url: str, sink: Sink, scale: Scale) -> list[Growth]:
    """Compare outboxes. The worker sends as many emails as requests are accepted, so that as many jobs keep waiting."""
    with ExitStack() as ends:
        services, users = _with_users(folder, database_url, sink, scale, ends)
        # The API must still accept new jobs.
        settings = {"OUTBOX_MAX": str(10 * max(scale.waiting))}

        def start(number: int) -> Side:
            side = _side(services, ends, f"waiting-{number}", Drawn(users), settings)
            backlog.fill(side.store.client, number, users)
            say(f"growth: {number} waiting jobs")
            return side

        return _compared(WAITING, [(number, start(number)) for number in scale.waiting], scale, sink)


def clients(folder: Path, database_url: str, sink: Sink, scale: Scale) -> list[Growth]:
    """Compare limiters with different numbers of clients, all of which keep sending requests."""
    with ExitStack() as ends:
        services, users = _with_users(folder, database_url, sink, scale, ends)
        settings = {"TRUSTED_PROXIES": "1", "FORGOT_LIMIT_PER_IP": LONG_WINDOWS}

        def start(number: int) -> Side:
            side = _side(services, ends, f"clients-{number}", Drawn(users, number), settings)
            limiter_keys.fill(side, number)
            say(f"growth: {number} clients in the limiter")
            return side

        return _compared("clients in the limiter", [(number, start(number)) for number in scale.clients], scale, sink)


def _with_users(folder: Path, database_url: str, sink: Sink, scale: Scale, ends: ExitStack) -> tuple[Services, int]:
    """Create a users table of the smallest size, shared by all sides."""
    number = min(scale.users)
    url = ends.enter_context(databases.generated(database_url, f"growth_{folder.name}", number))
    return Services(folder, url, sink, ends), number


def _side(services: Services, ends: ExitStack, name: str, drawn: Drawn, settings: dict[str, str]) -> Side:
    return ends.enter_context(closing(Side(name, drawn, services, settings)))


def _compared(what: str, sides: Sequence[tuple[int, Side]], scale: Scale, sink: Sink) -> list[Growth]:
    """Measure the sides in turns, and compare each with the first."""
    for _, side in sides:
        side.measure(scale.requests)
        side.forget()
    before = sink.count()
    for _ in range(scale.rounds):
        for _, side in random.sample(sides, len(sides)):
            side.measure(scale.requests)
    mails, expected = sink.count() - before, sum(side.mails for _, side in sides)
    if mails != expected:
        raise RuntimeError(f"{mails} mails were sent instead of {expected}")
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
    # Only waiting jobs affect a sweep. Otherwise it takes about 50 us for doing nothing, which is mostly noise.
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
