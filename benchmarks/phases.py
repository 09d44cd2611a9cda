"""One contender's turn: at saturation, at half of it, at a rate that all share, with every mail out. All is counted."""

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

TIMES = 3  # Requests that the limit of each address lets through in 15 minutes.
BACKLOG = 100  # What may wait while a contender takes only as much as it can finish.
LOOK = 0.02  # Seconds between two looks at what waits.
SHARED_RATE = 150.0  # Requests a second: half of what the slowest contender reaches with one process.
TIMEOUT = 300.0  # Seconds in which what waits must be finished.
STRAGGLERS = 5.0  # Seconds in which the last mails must come after that.


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
    """What was seen in one phase: requests a second, milliseconds until the answer, milliseconds of CPU a request."""

    rate: float
    p50: float
    p99: float
    server_cpu: float
    redis_cpu: float

    @property
    def cpu(self) -> float:
        """The server's and its Redis's."""
        return self.server_cpu + self.redis_cpu


@dataclass(frozen=True)
class Turn:
    """What was seen of one contender in one round; memory in megabytes, mails owed and sent from begin to end.

    `sustained` is how many requests a second were accepted with all their mails out; none for who sends no mail.
    """

    saturation: Phase
    half: Phase
    shared: Phase
    sustained: float | None
    memory: float
    owed: int
    mailed: int


class Requests:
    """Requests for known and unknown addresses by turns, all of one length, each address `times` times at most.

    Of the users u0, u1 and so on the second half is known, and as many numbers after them are not. With 200,000 users
    all have six digits.
    """

    def __init__(self, users: int, times: float = inf) -> None:
        self._half = users // 2
        self._most = times * users
        self.sent = 0

    def __iter__(self) -> "Requests":
        return self

    def __next__(self) -> bytes:
        if self.sent >= self._most:
            raise RuntimeError("all addresses are used up: measure fewer rounds, or wait for 15 minutes")
        number, unknown = divmod(self.sent, 2)
        self.sent += 1
        user = self._half * (1 + unknown) + number % self._half
        return load.post("/forgot-password", b'{"email": "u%d@example.com"}' % user)

    @property
    def known(self) -> int:
        """Count those for known addresses."""
        return (self.sent + 1) // 2


class Subject:
    """A contender, its requests, and the mails that are owed for them."""

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
        """Count the mails owed in this turn: one for each known address."""
        return 0 if self.contender.name == "floor" else self._requests.known - self._known

    @property
    def mailed(self) -> int:
        """Count the mails that came in this turn."""
        return self._sink.count() - self._mails

    def turn(self, durations: Durations) -> Turn:
        """Measure every phase, each with a warm-up before it and nothing left to do after it."""
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

        Raises RuntimeError if one of them is answered otherwise than it should.
        """
        sent, known = self._requests.sent, self._requests.known
        answers = load.run(self.contender.port, self._requests, seconds, rate, is_open)
        known, sent = self._requests.known - known, self._requests.sent - sent
        # The tutorial's way tells who has an account.
        to_known, to_unknown = (200, 404) if self.contender.name == "tutorial" else (202, 202)
        expected = Counter({to_known: known}) + Counter({to_unknown: sent - known})
        if answers.statuses != expected:
            raise RuntimeError(f"{self.contender.name} answered {answers.statuses} and not {dict(expected)}")
        return answers

    def drain(self) -> None:
        """Wait until everything is finished; mails that do not come are left to be counted."""
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
        """Accept as much as is finished, and count the time until the last mail is out."""
        if self.contender.store is None:
            return saturation if self.owed else None  # Who mails while the client waits has no backlog.
        is_open = self._gate()
        self.send(durations.warm_up, is_open=is_open)
        self.drain()
        begun = time.perf_counter()
        answers = self.send(durations.sustained, is_open=is_open)
        self.drain()
        return answers.count / (time.perf_counter() - begun)

    def _gate(self) -> Callable[[], bool]:
        """Return what tells whether little enough waits, as of the last look."""
        looked, is_open = -inf, True

        def gate() -> bool:
            nonlocal looked, is_open
            if (now := time.perf_counter()) > looked + LOOK:
                looked, is_open = now, self.contender.backlog() < BACKLOG
            return is_open

        return gate
