"""Latency of `POST /forgot-password`, alone and while fifty clients keep bcrypt busy by setting passwords."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median, quantiles

from benchmarks.load import Answers, post, run
from benchmarks.resetters import CLIENTS, Resets, links, setting_passwords
from benchmarks.services import UNLIMITED, Contender, Services
from tests.faults.run import say
from tests.support.servers import wait_until

BOUND = 100.0  # Milliseconds for the p99. Setting passwords has the same priority, so the p99 may rise.
SHARE = 0.25  # The request rate, as a share of the rate at saturation.
COST = "12"
LINKS = 500  # For the clients of one phase; more than they can use.
DRAINED = 60.0  # Seconds for the worker to send everything that was accepted.


@dataclass(frozen=True)
class Lengths:
    """How long to measure: seconds at saturation, seconds per phase, and rounds of phases."""

    saturation: float = 2.0
    phase: float = 8.0
    rounds: int = 5


SHORT = Lengths(saturation=1.0, phase=2.0, rounds=1)


@dataclass(frozen=True)
class Door:
    """Response times in milliseconds, as medians over the rounds, and the number of responses by status."""

    p50: float
    p99: float
    statuses: dict[int, int]


@dataclass(frozen=True)
class Loaded:
    """The response times while passwords are set, and the results of the clients that set them."""

    door: Door
    ratio: float  # The p99 divided by the quiet p99 of the same round; the median over the rounds.
    ratios: tuple[float, ...]
    resets: dict[int, int]  # Responses by status.
    passwords: float  # Per second.
    seconds: float  # Per password, the median.
    longest_refusal: float  # Seconds.

    @property
    def holds(self) -> bool:
        """Tell whether the promise is kept."""
        return self.door.p99 <= BOUND and set(self.door.statuses) == {202}


@dataclass(frozen=True)
class Hashing:
    """The results. Patient clients obey Retry-After; impatient ones stand for an attack without rate limits."""

    clients: int
    saturation: float  # Requests per second.
    rate: float
    quiet: Door
    patient: Loaded
    impatient: Loaded


@dataclass
class _Round:
    quiet: Answers
    patient: tuple[Answers, Resets]
    impatient: tuple[Answers, Resets]


def measure(services: Services, database_url: str, *, short: bool) -> Hashing:
    """Measure one process with the default number of threads and bcrypt's default cost, alternating the phases.

    Raises TimeoutError if a program does not respond.
    """
    lengths = SHORT if short else Lengths()
    store = services.store("hashing")
    api = services.latchkey(1, store, BCRYPT_ROUNDS=COST, RESET_LIMIT_PER_IP=UNLIMITED, RESET_LIMIT_PER_LINK=UNLIMITED)
    services.latchkey_worker(store)
    bench = _Bench(api, database_url, _asks(), lengths)
    saturation = bench.saturation()
    rate = saturation * SHARE
    say(f"saturation: {saturation:.0f} requests per second; continuing at {rate:.0f}")
    rounds = [bench.round(rate) for _ in range(lengths.rounds)]
    quiet = [each.quiet for each in rounds]
    patient, impatient = ([getattr(each, name) for each in rounds] for name in ("patient", "impatient"))
    return Hashing(CLIENTS, saturation, rate, _door(quiet), _loaded(patient, quiet), _loaded(impatient, quiet))


def _asks() -> Iterator[bytes]:
    """Yield requests for a link, half of them for unknown addresses, and each for a different address."""
    for number in itertools.count():
        name = f"u{number}" if number % 2 else f"nobody{number}"
        yield post("/forgot-password", json.dumps({"email": f"{name}@example.com"}).encode())


@dataclass
class _Bench:
    api: Contender
    database_url: str
    asks: Iterator[bytes]
    lengths: Lengths

    def saturation(self) -> float:
        run(self.api.port, self.asks, 0.5)
        return run(self.api.port, self.asks, self.lengths.saturation).rate

    def round(self, rate: float) -> _Round:
        return _Round(self._quiet(rate), self._loaded(rate, patient=True), self._loaded(rate, patient=False))

    def _quiet(self, rate: float) -> Answers:
        self._drain()
        answers = run(self.api.port, self.asks, self.lengths.phase, rate)
        say(f"quiet: p99 {_p99(answers):.1f} ms")
        return answers

    def _loaded(self, rate: float, *, patient: bool) -> tuple[Answers, Resets]:
        self._drain()
        requests = links(self.database_url, LINKS)
        with setting_passwords(self.api.port, requests, patient=patient) as resets:
            answers = run(self.api.port, self.asks, self.lengths.phase, rate)
        say(f"{'patient' if patient else 'impatient'}: p99 {_p99(answers):.1f} ms; resets {resets.statuses}")
        return answers, resets

    def _drain(self) -> None:
        """Wait until every mail is sent, so that each phase starts in the same state."""
        wait_until(lambda: self.api.backlog() == 0, "the worker does not send what was accepted", DRAINED)


def _p99(answers: Answers) -> float:
    return quantiles(answers.latencies, n=100)[98] * 1000


def _statuses(found: list[dict[int, int]]) -> dict[int, int]:
    return {status: sum(each.get(status, 0) for each in found) for status in sorted(set().union(*found))}


def _door(answers: list[Answers]) -> Door:
    p50 = median(median(each.latencies) for each in answers) * 1000
    return Door(p50, median(map(_p99, answers)), _statuses([each.statuses for each in answers]))


def _loaded(found: list[tuple[Answers, Resets]], quiet: list[Answers]) -> Loaded:
    answers, resets = [each for each, _ in found], [each for _, each in found]
    ratios = tuple(_p99(loaded) / _p99(alone) for loaded, alone in zip(answers, quiet, strict=True))
    return Loaded(
        door=_door(answers),
        ratio=median(ratios),
        ratios=ratios,
        resets=_statuses([each.statuses for each in resets]),
        passwords=sum(len(each.set) for each in resets) / sum(each.seconds for each in resets),
        seconds=median(seconds for each in resets for seconds in each.set),
        longest_refusal=max((seconds for each in resets for seconds in each.refused), default=0.0),
    )
