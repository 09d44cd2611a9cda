"""A flood within the limits: whether honest people get their mails meanwhile.

The flood comes from every network of 64 bits in one or more networks of 48 bits, as fast as the API answers, for
addresses that nobody has. Honest people come from networks of their own, one a second, and request one link each. They
do not try again if they are refused.
"""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

from benchmarks import databases
from benchmarks.channels.addresses import draw, request_for
from benchmarks.figures import nearest_rank
from benchmarks.flooding.flooder import Flooded, flooding
from benchmarks.load import one_by_one
from benchmarks.services import Services, Store
from benchmarks.sink import Sink, sink
from tests.faults.run import say
from tests.support.servers import wait_until

MAX_AGE = 60  # Seconds: MAIL_MAX_AGE.
AFTERWARDS = MAX_AGE + 20.0  # Seconds: then every mail has left or been dropped.
NO_ANSWER = 0  # The status of a request whose connection failed.
HONEST_AT_ONCE = 16
START = 60.0  # Seconds.
EVERY = 30.0  # Seconds between two lines about the progress.


@dataclass(frozen=True)
class Flood:
    """What to measure. networks: of 48 bits. limit: FORGOT_LIMIT_PER_NETWORK, empty for the default."""

    name: str
    networks: int = 1
    limit: str = ""
    seconds: float = 600.0
    settings: Mapping[str, str] = field(default_factory=dict)

    def environ(self) -> dict[str, str]:
        """Return the settings of the service."""
        limits = {"FORGOT_LIMIT_PER_IP": "30/minute;300/hour", "TRUSTED_PROXIES": "1"}
        limits |= {"FORGOT_LIMIT_PER_NETWORK": self.limit} if self.limit else {}
        worker = {"MAIL_MAX_AGE": str(MAX_AGE), "WORKER_EVENTS": "true", "WORKER_PROCESSES": "2"}
        return limits | worker | dict(self.settings)


@dataclass(frozen=True)
class Outcome:
    """The answers to the flood and to honest people, the seconds until their mails, and the jobs that were dropped.

    to_mail: of each accepted honest request, infinite if no mail came.
    """

    flood: Flood
    flooded: Flooded
    honest: dict[int, int]
    to_mail: list[float]
    dropped: int

    @property
    def asked(self) -> int:
        """Honest requests."""
        return sum(self.honest.values())

    @property
    def mailed(self) -> int:
        """Honest requests that were mailed."""
        return sum(seconds < inf for seconds in self.to_mail)

    def rate(self, *statuses: int) -> float:
        """Return the answers with these statuses to the flood, per second."""
        return sum(self.flooded.statuses.get(status, 0) for status in statuses) / self.flooded.seconds

    def quantile(self, q: float) -> float:
        """Return the q-quantile of the seconds of all honest requests; a refused one never gets its mail."""
        return nearest_rank(self.to_mail + [inf] * (self.asked - len(self.to_mail)), q)


def measure(folder: Path, server_url: str, flood: Flood) -> Outcome:
    """Flood a new service.

    server_url: a PostgreSQL server on which a database may be created.
    Raises TimeoutError or ConnectionError.
    """
    people = draw(int(flood.seconds) + 10)
    with databases.listed(server_url, "flood", people) as url, ExitStack() as ends:
        relay = ends.enter_context(sink(notes=folder / "arrivals"))
        services = Services(folder, url, relay, ends)
        store = services.store("redis")
        port = services.latchkey(1, store, **flood.environ()).port
        services.latchkey_worker(store, **flood.environ())
        one_by_one(port, [_honest(len(people), people[-1])])
        wait_until(lambda: relay.count() == 1, "the first mail does not arrive", START)
        with flooding(port, flood.networks, flood.seconds) as flooded:
            asked = _ask(port, people[: int(flood.seconds)], relay)
            answers = flooded.result()
        accepted = {address: due for address, (due, status) in asked.items() if status == 202}  # noqa: PLR2004 - HTTP
        say(f"{flood.name}: waiting for the last mails")
        with suppress(TimeoutError):
            wait_until(lambda: relay.arrivals().keys() >= accepted.keys(), "some mails are missing", AFTERWARDS)
        arrivals = relay.arrivals()
        to_mail = [arrivals.get(address, inf) - due for address, due in accepted.items()]
        return Outcome(flood, answers, _counted([status for _, status in asked.values()]), to_mail, _dropped(store))


def _ask(port: int, people: Sequence[str], relay: Sink) -> dict[str, tuple[float, int]]:
    """Let one person a second request a link; return when each request was due, and its status."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(HONEST_AT_ONCE) as honest:
        answers = {}
        for number, address in enumerate(people):
            time.sleep(max(0.0, begun + number - time.perf_counter()))
            answers[address] = (begun + number, honest.submit(_status, port, _honest(number, address)))
            if number and number % EVERY == 0:
                say(f"{number} s: {relay.count() - 1} of {number} honest people have their mail")
        return {address: (due, answer.result()) for address, (due, answer) in answers.items()}


def _status(port: int, request: bytes) -> int:
    with suppress(OSError):
        return next(iter(one_by_one(port, [request]).statuses))
    return NO_ANSWER


def _honest(number: int, address: str) -> bytes:
    """Build a request from a client whose IPv4 network of 24 bits nobody else uses."""
    return request_for(address, f"X-Forwarded-For: 198.{18 + (number >> 8)}.{number & 255}.7".encode())


def _counted(statuses: Sequence[int]) -> dict[int, int]:
    return {status: statuses.count(status) for status in sorted(set(statuses))}


def _dropped(store: Store) -> int:
    """Return the jobs that the service has counted as dropped because they were too old."""
    counters: Mapping[str, str] = store.client.hgetall("metrics")  # type: ignore[assignment] # not a coroutine
    return sum(int(number) for name, number in counters.items() if name.startswith("mails_dropped"))
