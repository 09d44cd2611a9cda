"""The arrival of one's own mail: whether it tells if another address has an account.

An attacker requests links for the victim as often as the worker has processes and the quota allows, and then at once
for an own account. If the victim has an account, its mails may keep the worker busy, and the own mail comes later.
Every experiment takes fresh addresses. The services take turns, so that they do not disturb each other, and the
moments vary, so that they do not follow the beat of a service.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Protocol

from benchmarks import databases
from benchmarks.channels.addresses import Fresh
from benchmarks.channels.memory import Growth, growth
from benchmarks.channels.stacks import Plan, Stack, Stacks
from benchmarks.channels.viewer import Seen, Watched
from benchmarks.figures import Estimate, auc
from tests.faults.run import say

QUOTA = 3  # Requests per address in 15 minutes, the default limit.
WATCHED_PROCESSES = 2
REPORTS = 10  # Lines about the progress.


@dataclass(frozen=True)
class Arrivals:
    """Seconds from the own request to the own mail, by whether the victim has an account; infinite if none came."""

    processes: int
    delay: float
    known: list[float]
    unknown: list[float]

    @property
    def auc(self) -> Estimate:
        """The probability that a mail comes later if the victim has an account."""
        return auc(self.unknown, self.known)


@dataclass(frozen=True)
class Arrival:
    """All results."""

    arrivals: list[Arrivals]
    seen: list[Seen]
    growth: Growth


class Subject(Protocol):
    """A service with which one experiment after the other is made."""

    def experiment(self, *, known: bool) -> None:
        """Make one experiment, with a victim who has an account or none."""
        ...

    def finish(self) -> None:
        """Wait for what is still to come."""
        ...


class Attacked:
    """A service that is attacked."""

    def __init__(self, stack: Stack, fresh: Fresh) -> None:
        self.stack = stack
        self._fresh = fresh
        self._asked: dict[bool, dict[str, float]] = {True: {}, False: {}}
        self._last: list[str] = []

    def experiment(self, *, known: bool) -> None:
        """Request links for a victim, then for an own account, once the last own mail has arrived."""
        self.stack.wait_for(self._last)
        victim, own = self._fresh.one(known=known), self._fresh.one(known=True)
        self._last = [own]
        self._asked[known][own] = self.stack.ask(*[victim] * min(self.stack.processes, QUOTA), own)

    def finish(self) -> None:
        """Wait for the last own mails."""
        self.stack.wait_for([*self._asked[True], *self._asked[False]])

    def result(self) -> Arrivals:
        """Return the times of all experiments."""
        arrivals = self.stack.relay.arrivals()
        known, unknown = (
            [arrivals.get(own, inf) - since for own, since in self._asked[label].items()] for label in (True, False)
        )
        return Arrivals(self.stack.processes, self.stack.delay, known, unknown)


def measure(folder: Path, server_url: str, plan: Plan) -> Arrival:
    """Make all experiments.

    server_url: a PostgreSQL server on which a database may be created.
    Raises TimeoutError, or RuntimeError if a request is not accepted.
    """
    fresh = Fresh(plan.addresses)
    with databases.listed(server_url, "arrival", fresh.accounts) as url:
        with Stacks(folder, url, plan, fresh) as stacks:
            grown = growth(stacks, plan.grown)
        with Stacks(folder, url, plan, fresh) as stacks:
            attacked = [
                Attacked(stacks.start("attacked", processes, delay), fresh)
                for delay in plan.delays
                for processes in plan.processes
            ]
            to_watch = [stacks.start("watched", WATCHED_PROCESSES, delay) for delay in plan.delays]
            stacks.warm()
            watched = [Watched(stack, fresh) for stack in to_watch]
            subjects: list[Subject] = [*attacked, *watched]
            _take_turns(subjects, plan)
            for subject in subjects:
                subject.finish()
            return Arrival([one.result() for one in attacked], [one.result() for one in watched], grown)


def _take_turns(subjects: Sequence[Subject], plan: Plan) -> None:
    """Make the experiments of all subjects in turns, each subject's classes in an order of its own."""
    orders = [random.sample([True, False] * plan.experiments, 2 * plan.experiments) for _ in subjects]
    turn, begun, number = plan.spacing / len(subjects), time.perf_counter(), 0
    for each in range(2 * plan.experiments):
        for subject, order in zip(subjects, orders, strict=True):
            due = begun + (number + random.uniform(0.0, 0.5)) * turn  # noqa: S311 - no secret
            time.sleep(max(0.0, due - time.perf_counter()))
            subject.experiment(known=order[each])
            number += 1
        if (each + 1) % max(1, 2 * plan.experiments // REPORTS) == 0:
            say(f"arrival: {each + 1} experiments each")
