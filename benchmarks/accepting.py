"""Throughput, latency and CPU of accepting requests, for each contender with 1 and 2 server processes."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

from benchmarks import services
from benchmarks.accepting_report import Turns, part
from benchmarks.phases import TIMES, Durations, Requests, Subject
from benchmarks.results import Bench, Part
from benchmarks.services import Contender, Services, Store
from benchmarks.sink import Sink, sink
from tests.faults.run import say

SEED = 4  # The order within a round is random, but the same in every run.
PROCESSES = (1, 2)


@dataclass(frozen=True)
class Plan:
    """How much to measure."""

    rounds: int = 5
    durations: Durations = field(default_factory=Durations)
    users: int = 200_000


SHORT = Plan(1, Durations(0.05, 0.1, 0.1, 0.1, 0.1), 20_000)


def run(bench: Bench) -> Part:
    """Measure, and return the results."""
    plan = SHORT if bench.short else Plan()
    if bench.rounds:
        plan = Plan(bench.rounds, plan.durations, plan.users)
    return part(measure(bench, plan))


def measure(bench: Bench, plan: Plan) -> Turns:
    """Start every contender once, and measure them in turns, in a different order each round."""
    with ExitStack() as ends:
        database_url = ends.enter_context(services.users(bench.folder, plan.users))
        relay = ends.enter_context(sink())
        started = Services(bench.folder, database_url, relay, ends)
        subjects = _subjects(started, relay, plan.users)
        ends.callback(started.end)
        for subject in subjects:
            # Once the first mails are out, the workers are running.
            subject.send(plan.durations.warm_up)
            subject.drain()
        return _take_turns(subjects, plan)


def _subjects(started: Services, sink: Sink, users: int) -> list[Subject]:
    latchkey, usual = started.store("latchkey"), started.store("usual")
    started.latchkey_worker(latchkey)
    started.celery_worker("usual", usual)
    # Contenders with the same Redis share the counters of each address.
    requests = {store: Requests(users, TIMES) for store in (latchkey, usual)}
    starts = [start for processes in PROCESSES for start in _starts(started, processes, latchkey, usual)]
    with ThreadPoolExecutor() as pool:
        contenders = list(pool.map(lambda start: start(), starts))
    return [Subject(each, requests[each.store] if each.store else Requests(users), sink) for each in contenders]


def _starts(started: Services, processes: int, latchkey: Store, usual: Store) -> list[Callable[[], Contender]]:
    return [
        lambda: started.floor(processes),
        lambda: started.latchkey(processes, latchkey),
        lambda: started.under_gunicorn("usual", processes, usual),
        lambda: started.under_gunicorn("tutorial", processes, None),
    ]


def _take_turns(subjects: list[Subject], plan: Plan) -> Turns:
    turns: Turns = {(subject.contender.name, subject.contender.processes): [] for subject in subjects}
    order = random.Random(SEED)  # noqa: S311 - draws an order, protects nothing
    for number in range(plan.rounds):
        for subject in order.sample(subjects, len(subjects)):
            turn = subject.turn(plan.durations)
            key = (subject.contender.name, subject.contender.processes)
            turns[key].append(turn)
            say(
                f"round {number + 1}, {key[0]} with {key[1]}: {turn.saturation.rate:.0f} requests per second, "
                f"{turn.saturation.cpu:.2f} ms of CPU each; {turn.mailed} of {turn.owed} mails sent"
            )
    return turns
