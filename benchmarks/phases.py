"""One contender's turn: at saturation, at half of it, at the same rate for all, and at a rate with every mail sent."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from statistics import median, quantiles

from benchmarks import load
from benchmarks.load import Answers
from benchmarks.services import Contender
from benchmarks.sink import Sink
from tests.support.servers import wait_until

TIMES = 3  # Requests per address that the limit allows in half an hour.
BACKLOG = 100  # Jobs that may wait while a contender accepts only as much as it can finish.
LOOK = 0.02  # Seconds between two checks of the backlog.
SHARED_RATE = 150.0  # Requests per second: half of what the slowest contender reaches with one process.
TIMEOUT = 300.0  # Seconds to finish the backlog.
STRAGGLERS = 5.0  # Seconds after that for the last mails to arrive.


@dataclass(frozen=True)
class Durations:
    """Seconds of each phase."""

    warm_up: float = 0.5
    saturation: float = 4.0
    half: float = 4.0
    shared: float = 4.0
    sustained: float = 6.0


@dataclass(frozen=True)
class Phase:
    """The results of one phase: requests per second, latency in milliseconds, milliseconds of CPU per request."""

    rate: float
    p50: float
    p99: float
    server_cpu: float
    redis_cpu: float

    @property
    def cpu(self) -> float:
        """The CPU of the server and its Redis."""
        return self.server_cpu + self.redis_cpu


@dataclass(frozen=True)
class Turn:
    """One contender's results in one round; memory in megabytes, mails owed and sent over the whole turn.

    `sustained` is the number of requests per second with all their mails sent, or None if the contender sends none.
    """

    saturation: Phase
    half: Phase
    shared: Phase
    sustained: float | None
    memory: float
    owed: int
    mailed: int


class Requests:
    """Requests that alternate between known and unknown addresses, and use each address at most `times` times.

    The known addresses are the second half of the users u0, u1 and so on; the unknown ones are as many numbers after
    the last user. With 200,000 users all of them have six digits, so all requests have the same length.
    """

    def __init__(self, users: int, times: float = inf) -> None:
        self._half = users // 2
        self._most = times * users
        self.sent = 0

    def __iter__(self) -> "Requests":
        return self

    def __next__(self) -> bytes:
        if self.sent >= self._most:
            raise RuntimeError("all addresses are used up: measure fewer rounds, or wait half an hour")
        number, unknown = divmod(self.sent, 2)
        self.sent += 1
        user = self._half * (1 + unknown) + number % self._half
        return load.post("/forgot-password", b'{"email": "u%d@example.com"}' % user)

    @property
    def known(self) -> int:
        """The number of requests for known addresses so far."""
        return (self.sent + 1) // 2


class Subject:
    """A contender, its requests, and the mails that it owes for them."""

    def __init__(self, contender: Contender, requests: Requests, sink: Sink) -> None:
        self.contender = contender
        self._requests = requests
        self._sink = sink
        self._rates: list[float] = []
        self._begin()

    def _begin(self) -> None:
        self._known, self._mails = self._requests.known, self._sink.count()

    @property
    def owed(self) -> int:
        """The number of mails owed in this turn: one per request for a known address."""
        return 0 if self.contender.name == "floor" else self._requests.known - self._known

    @property
    def mailed(self) -> int:
        """The number of mails received in this turn."""
        return self._sink.count() - self._mails

    def turn(self, durations: Durations) -> Turn:
        """Measure every phase, with a warm-up before each and an empty backlog after it."""
        self._begin()
        self.send(durations.warm_up)
        saturation = self._watched(durations.saturation)
        memory = self.contender.server.memory()
        self.drain()
        self._rates.append(saturation.rate)
        rate = median(self._rates) / 2
        half = self._at_rate(durations.warm_up, durations.half, rate)
        shared = self._at_rate(durations.warm_up, durations.shared, SHARED_RATE)
        sustained = self._sustained(durations, saturation.rate)
        return Turn(saturation, half, shared, sustained, memory, self.owed, self.mailed)

    def _at_rate(self, warm_up: float, seconds: float, rate: float) -> Phase:
        self.send(warm_up, rate)
        phase = self._watched(seconds, rate)
        self.drain()
        return phase

    def send(self, seconds: float, rate: float = inf, is_open: Callable[[], bool] = lambda: True) -> Answers:
        """Send requests.

        Raises RuntimeError if a response has the wrong status.
        """
        sent, known = self._requests.sent, self._requests.known
        answers = load.run(self.contender.port, self._requests, seconds, rate, is_open)
        known, sent = self._requests.known - known, self._requests.sent - sent
        # The tutorial reveals who has an account.
        to_known, to_unknown = (200, 404) if self.contender.name == "tutorial" else (202, 202)
        expected = Counter({to_known: known}) + Counter({to_unknown: sent - known})
        if answers.statuses != expected:
            raise RuntimeError(f"{self.contender.name} returned {answers.statuses} instead of {dict(expected)}")
        return answers

    def drain(self) -> None:
        """Wait until the backlog is empty and the mails have arrived; missing mails are not an error here."""
        wait_until(lambda: not self.contender.backlog(), f"{self.contender.name} does not finish", TIMEOUT)
        with suppress(TimeoutError):
            wait_until(lambda: self.mailed >= self.owed, "mails are missing", STRAGGLERS)

    def _watched(self, seconds: float, rate: float = inf) -> Phase:
        before = self.contender.cpu()
        answers = self.send(seconds, rate)
        server, redis = (after - then for after, then in zip(self.contender.cpu(), before, strict=True))
        p99 = quantiles(answers.latencies, n=100, method="inclusive")[98]
        each = 1000 / answers.count
        return Phase(answers.rate, median(answers.latencies) * 1000, p99 * 1000, server * each, redis * each)

    def _sustained(self, durations: Durations, saturation: float) -> float | None:
        """Accept only as much as can be finished, and include the time until the last mail is sent."""
        if self.contender.store is None:
            return saturation if self.owed else None  # Mails sent while the client waits leave no backlog.
        is_open = self._gate()
        self.send(durations.warm_up, is_open=is_open)
        self.drain()
        begun = time.perf_counter()
        answers = self.send(durations.sustained, is_open=is_open)
        self.drain()
        return answers.count / (time.perf_counter() - begun)

    def _gate(self) -> Callable[[], bool]:
        """Return a function that tells whether the backlog was small enough when last checked."""
        looked, is_open = -inf, True

        def gate() -> bool:
            nonlocal looked, is_open
            if (now := time.perf_counter()) > looked + LOOK:
                looked, is_open = now, self.contender.backlog() < BACKLOG
            return is_open

        return gate
