"""Faults of the workers: a process or a whole worker is killed, or a worker gets SIGTERM."""

import os
from contextlib import suppress
from signal import SIGKILL

from tests.faults.bench import Loaded
from tests.faults.program import Program
from tests.faults.relay import Mood
from tests.faults.report import Promise
from tests.faults.run import Run, say
from tests.support.servers import wait_until

KILLS = 40
SHORT_KILLS = 4
MAIL_TIMEOUT = 10


def kills(run: Run) -> None:
    """Kill a random process of a random worker, or the whole worker, again and again."""
    for number in range(SHORT_KILLS if run.short else KILLS):
        worker = run.random.choice(run.stack.workers)
        victim = run.random.choice([None, *worker.pids()])
        say(f"kill {number + 1}: {_kill(worker, victim)}")
        run.is_over()
        run.wait(run.random.uniform(0.2, 2.0))


def _kill(worker: Program, victim: int | None) -> str:
    if victim is None:
        worker.kill_all()
        return "a whole worker"
    what = "a main process" if victim == worker.pid else "a child"
    with suppress(ProcessLookupError):
        os.kill(victim, SIGKILL)
    return what


def asked_to_end(run: Run) -> None:
    """Send SIGTERM to one worker after the other, while mail flows."""
    for _ in range(1 if run.short else 3):
        for worker in run.stack.workers:
            _end(run, worker, 10)
            run.is_over()


def asked_to_end_while_the_relay_is_silent(run: Run) -> None:
    """Send SIGTERM to both workers while each of their processes waits for a silent relay."""
    run.stack.relay.become(Mood.SILENT)
    # Long enough for all of them to be waiting, each for a different time.
    run.wait(7)
    for worker in run.stack.workers:
        _end(run, worker, MAIL_TIMEOUT + 5)
    run.stack.relay.become(Mood.WELL)
    run.is_over()


def _end(run: Run, worker: Program, most: float) -> None:
    """Send SIGTERM and check how long the worker takes to exit; the supervisor restarts it."""
    known, asked = len(worker.exits), worker.terminate()
    wait_until(lambda: len(worker.exits) > known, "the worker does not end", 60)
    ended = worker.exits[known]
    say(f"ended {ended.at - asked:.1f} s after SIGTERM, with {ended.code}")
    run.check(f"ended after {ended.at - asked:.1f} s", holds=ended.at - asked < most)
    run.check(f"ended with {ended.code}", holds=ended.code == 0)
    run.note(f"ended after {ended.at - asked:.1f} s")
    wait_until(run.stack.complete, "the worker does not recover", 20)


FAULTS = [
    Loaded("worker-kills", "kill -9 of worker processes, 40 times", Promise(flows=5, twice=0.001), kills),
    Loaded("worker-sigterm", "SIGTERM to workers, healthy relay", Promise(flows=5), asked_to_end),
    Loaded(
        "worker-sigterm-silent",
        "SIGTERM to workers, silent relay",
        Promise(flows=15),
        asked_to_end_while_the_relay_is_silent,
        {"MAIL_TIMEOUT": str(MAIL_TIMEOUT)},
    ),
]
