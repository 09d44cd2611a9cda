"""The service as an attacker meets it: requests in, mails out. Nothing here knows how the worker does its work."""

import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from benchmarks.channels.addresses import Fresh, request_for
from benchmarks.load import one_by_one
from benchmarks.services import UNLIMITED, Services
from benchmarks.sink import sink
from tests.faults.run import say
from tests.support.servers import wait_until

START = 60.0  # Seconds until the first mails arrive; many stacks may start at once.
MAILS_FIRST = 4  # For each process of a worker.
TRIES, PAUSE = 20, 0.2  # Seconds between two tries.
LATEST = 30.0  # Seconds to wait for the last mails.


@dataclass(frozen=True)
class Plan:
    """What to measure.

    processes: of the workers. delays: seconds that the relays take per mail. experiments: per class. spacing: seconds
    from one experiment with a service to the next; a shorter one lets experiments hide each other. grown: requests
    after which Redis's memory is compared. settings: further ones of every service.
    """

    processes: tuple[int, ...] = (1, 2, 8)
    delays: tuple[float, ...] = (0.0, 0.1, 0.3)
    experiments: int = 600
    spacing: float = 1.9
    grown: int = 300
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def addresses(self) -> int:
        """The addresses that are needed, with an account and without: more than are ever used."""
        stacks = (len(self.processes) + 1) * len(self.delays)
        return stacks * (5 * self.experiments + 100) + 4 * self.grown


class Stack:
    """An API with one process, a worker with some, their Redis and their relay."""

    def __init__(self, services: Services, processes: int, delay: float, settings: dict[str, str]) -> None:
        self.processes, self.delay = processes, delay
        self.relay = services.sink
        self.store = services.store("redis")
        self._port = services.latchkey(1, self.store, **settings).port
        services.latchkey_worker(self.store, **settings | {"WORKER_PROCESSES": str(processes)})

    def ask(self, *addresses: str) -> float:
        """Request a link for each address, one after the other, and return when the last request was sent.

        A request that is refused, which a busy machine may cause, is sent again.
        Raises RuntimeError if it is refused too often.
        """
        return [self._ask(address) for address in addresses][-1]

    def _ask(self, address: str) -> float:
        for _ in range(TRIES):
            answers = one_by_one(self._port, [request_for(address)])
            if answers.statuses == {202: 1}:
                return time.perf_counter() - answers.seconds
            time.sleep(PAUSE)
        raise RuntimeError(f"a request was refused {TRIES} times: {answers.statuses}")

    def warm(self, addresses: Iterable[str]) -> None:
        """Request links for these accounts, and wait until all are mailed."""
        owed = list(addresses)
        self.ask(*owed)
        wait_until(lambda: self.arrived(owed), "the first mails do not arrive", START)

    def arrived(self, addresses: Iterable[str]) -> bool:
        """Tell whether each of these addresses has got a mail."""
        return self.relay.arrivals().keys() >= set(addresses)

    def wait_for(self, addresses: Iterable[str]) -> None:
        """Wait until each of these addresses has got a mail, or long enough."""
        owed = list(addresses)
        with suppress(TimeoutError):
            wait_until(lambda: self.arrived(owed), "some mails do not arrive", LATEST)


class Stacks:
    """Starts services that share a database, and stops all of them at the end of the block."""

    def __init__(self, folder: Path, database_url: str, plan: Plan, fresh: Fresh) -> None:
        self.fresh = fresh
        self._folder, self._database_url = folder, database_url
        # All requests come from one client.
        self._settings = {"FORGOT_LIMIT_PER_NETWORK": UNLIMITED, "WORKER_EVENTS": "true"} | dict(plan.settings)
        self._services: list[Services] = []
        self._stacks: list[Stack] = []
        self._ends = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for services in self._services:
            services.end()
        self._ends.close()

    def start(self, name: str, processes: int, delay: float) -> Stack:
        """Start a service."""
        folder = self._folder / f"{name}-{processes}-{delay}"
        folder.mkdir()
        relay = self._ends.enter_context(sink(delay, folder / "arrivals"))
        services = Services(folder, self._database_url, relay, self._ends)
        self._services.append(services)
        self._stacks.append(Stack(services, processes, delay, self._settings))
        return self._stacks[-1]

    def warm(self) -> None:
        """Let each process of each worker send mails."""
        for stack in self._stacks:
            stack.warm(self.fresh.one(known=True) for _ in range(MAILS_FIRST * stack.processes))
        say(f"{len(self._stacks)} services send mails")
