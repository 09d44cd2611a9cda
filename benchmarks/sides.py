"""One side of a comparison: an API with its own Redis, and a worker that sends the mails the API accepted last."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from benchmarks.load import one_by_one, post
from benchmarks.services import Services
from shared.database.connections import db
from tests.support.servers import free_port
from worker.app import Delays, create_worker
from worker.settings.settings import WorkerSettings

SWEEPS = 5  # Per round.
BATCH = 10  # Mails that are sent together, of which a round has a multiple.
MAX_DRAWN = 50_000
MILLISECONDS = 1000

SWEEP = "sweep"
FIGURES = {
    "door_cpu": "the API's CPU per request, with Redis's",
    "door_p50": "the API's median response time",
    "mail_cpu": "a worker's CPU per mail",
    "mail_p50": "a worker's median time per mail",
    SWEEP: "a sweep",
}
"""The figures of each round, all in milliseconds."""


@dataclass
class Drawn:
    """Draws the user and the client of each request at random, below these numbers.

    No user is drawn twice, so the quota of an address is never used up. clients: 0 if there is no proxy.
    """

    users: int
    clients: int = 0

    def __post_init__(self) -> None:
        """Draw the users in advance."""
        self._users = iter(random.sample(range(self.users), min(self.users, MAX_DRAWN)))

    def requests(self, number: int) -> list[bytes]:
        """Build this many requests."""
        return [self.request(random.randrange(self.clients or 1)) for _ in range(number)]  # noqa: S311 - no secret

    def request(self, client: int) -> bytes:
        """Build a request from this client for the next user."""
        headers = [f"X-Forwarded-For: {client_address(client)}".encode()] if self.clients else []
        return post("/forgot-password", b'{"email": "u%d@example.com"}' % next(self._users), *headers)


def client_address(number: int) -> str:
    """Return the IP address of a client."""
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


@dataclass
class Side:
    """The programs of a side, and the figures of each round.

    The worker runs in this process, and sends as many emails as the API has accepted. Each round therefore ends with as
    many waiting jobs as it started with.
    """

    name: str
    drawn: Drawn
    services: Services
    settings: dict[str, str]
    rounds: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in FIGURES})
    statuses: Counter[int] = field(default_factory=Counter)
    mails: int = 0

    def __post_init__(self) -> None:
        """Start the programs."""
        self.store = self.services.store(self.name)
        self.door = self.services.latchkey(1, self.store, **self.settings)
        environ = self.services.environ(free_port(), self.store, **self.settings | {"LOG_LEVEL": "ERROR"})
        self._worker = create_worker(WorkerSettings.load(environ), delays=Delays((0, 0), 0))
        self._worker.intake.batch = BATCH

    def measure(self, requests: int) -> None:
        """Send this many requests and as many mails, and sweep a few times."""
        before = sum(self.door.cpu())
        answers = one_by_one(self.door.port, self.drawn.requests(requests))
        self._note("door_cpu", (sum(self.door.cpu()) - before) / requests)
        self._note("door_p50", median(answers.latencies))
        self.statuses.update(answers.statuses)
        self._mail(requests)
        self._note(SWEEP, median(_seconds(self._worker.sweeper.sweep) for _ in range(SWEEPS)))

    def forget(self) -> None:
        """Discard the figures of the warm-up."""
        self.statuses.clear()
        self.mails = 0
        for figures in self.rounds.values():
            figures.clear()

    def _mail(self, mails: int) -> None:
        before = time.process_time()
        times = [_seconds(self._deliver) / BATCH for _ in range(mails // BATCH)]
        self._note("mail_cpu", (time.process_time() - before) / mails)
        self.mails += mails
        self._note("mail_p50", median(times))

    def _deliver(self) -> None:
        with self._worker.flask.app_context():
            self._worker.intake.run()
        self._worker.departures.wait_until_empty()

    def _note(self, name: str, seconds: float) -> None:
        self.rounds[name].append(seconds * MILLISECONDS)

    def close(self) -> None:
        """Close the worker's connections; the services stop everything else."""
        self._worker.departures.stop()
        with self._worker.flask.app_context():
            for engine in db.engines.values():
                engine.dispose()


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
