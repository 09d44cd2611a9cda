"""Stage two: each job ends at a moment of its own, with an email or without.

Nobody may learn from the time of one email whether another address has an account. So the moment is drawn at random
when the job is taken, and nothing that belongs to another job can delay it: the emails use several connections, which
are opened ahead for every job, with or without an email. A job without an email ends as late as one with an email does.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from flask import Flask

from shared.log import get_logger, with_request_id
from shared.outbox.jobs import Job
from worker.delivery.settlement import Settlement
from worker.handlers import JobHandlers, Outcome, Plan
from worker.queue.consumer import LeasedJob
from worker.smtp.mailers import Mailers

# Seconds from being taken to the departure: long enough to connect to the relay before it, and so different from job to
# job that what is left of a delay by others, such as for a core, cannot be measured.
WAIT = (0.3, 1.1)
MAX_IN_HAND = 1000  # Jobs.
MAX_OVERDUE = 16  # Emails whose moment has passed, because the relay is slow: more jobs are not taken meanwhile.
MAX_AGE = 20.0  # Seconds in hand after which an email is not begun: the lease must outlast its dialogue.
RETRY_INTERVAL = 0.2  # Seconds between two attempts to complete jobs while Redis does not answer.
FIRST_GUESS, MAX_TOOK = 0.05, 1.0  # Seconds that an email takes: as long as none was sent, and at most.
EMPTY_TIMEOUT = 60.0  # Seconds: more than a dialogue with the relay takes.
GIVE_UP = 25.0  # Seconds without an answer of Redis after which a worker that ends leaves jobs to the sweeper.

Planned = tuple[LeasedJob, Plan]

log = get_logger(__name__)


@dataclass(order=True)
class _Departure:
    moment: float
    number: int
    leased: LeasedJob = field(compare=False)
    plan: Plan = field(compare=False)
    taken_at: float = field(compare=False)


class Departures:
    """The jobs that this process has in hand, and the threads that end them. They start with the first job."""

    def __init__(
        self,
        flask: Flask,
        handlers: JobHandlers,
        settlement: Settlement,
        mailers: Mailers,
        connections: int,
        wait: tuple[float, float] = WAIT,
    ) -> None:
        self._flask, self._handlers, self._settlement, self._mailers = flask, handlers, settlement, mailers
        self._connections, self._wait = connections, wait
        self._changed = threading.Condition()
        self._numbers = count()
        self._heap: list[_Departure] = []
        self._done: deque[tuple[Job, Outcome]] = deque()
        self._in_hand = 0
        self._overdue = self._connecting = 0
        self._took = deque([FIRST_GUESS], maxlen=50)
        self._senders: ThreadPoolExecutor | None = None
        self._thread: threading.Thread | None = None
        self._stopping = False

    def wait_for_room(self, timeout: float) -> bool:
        """Wait until more jobs may be taken; return False if none may."""
        with self._changed:
            return self._changed.wait_for(self._has_room, timeout) and not self._stopping

    def wait_until_empty(self) -> None:
        """Wait until every job in hand has ended, or a minute."""
        with self._changed:
            self._changed.wait_for(lambda: self._in_hand == 0, EMPTY_TIMEOUT)

    def add(self, planned: Sequence[Planned]) -> None:
        """Let jobs depart, each at a moment of its own."""
        if not planned:
            return
        now = time.monotonic()
        with self._changed:
            senders = self._start()
            for leased, plan in planned:
                wait = random.uniform(*self._wait)  # noqa: S311 - what it hides cannot be computed from it
                if plan.write is None:
                    wait += random.choice(self._took)  # noqa: S311
                heappush(self._heap, _Departure(now + wait, next(self._numbers), leased, plan, now))
            self._in_hand += len(planned)
            ahead = max(0, min(len(planned), self._connections - self._overdue - self._connecting))
            self._connecting += ahead
            self._changed.notify_all()
        for _ in range(ahead):
            senders.submit(self._connect)

    def stop(self) -> None:
        """Give back the jobs that have not departed, and wait for the emails that are being sent."""
        with self._changed:
            self._stopping = True
            waiting, self._heap = self._heap, []
            self._in_hand -= len(waiting)
            self._changed.notify_all()
        self._give_back(waiting)
        self.wait_until_empty()
        if self._senders:
            self._senders.shutdown()
        self._mailers.close()
        if self._thread:
            self._thread.join()

    def _has_room(self) -> bool:
        return self._stopping or (self._in_hand < MAX_IN_HAND and self._overdue < MAX_OVERDUE)

    def _start(self) -> ThreadPoolExecutor:
        """Start the threads. Not before the process is forked, because a fork has none of them."""
        if self._senders is None or self._thread is None:
            self._senders = ThreadPoolExecutor(self._connections, "sender")
            self._thread = threading.Thread(target=self._run, name="departures", daemon=True)
            self._thread.start()
        return self._senders

    def _run(self) -> None:
        repeated = False
        while True:
            with self._changed:
                self._changed.wait_for(self._is_due, self._seconds_to_next())
                if self._stopping and self._in_hand == 0:
                    return
                done = list(self._done)
                due = self._take_due() if not repeated else []
            for departure in due:
                self._depart(departure)
            if not done:
                continue
            # While Redis does not answer, nothing departs: each email would be sent again when its lease ends.
            repeated = not self._settlement.complete(done, repeated=repeated)
            if repeated:
                time.sleep(RETRY_INTERVAL)
            else:
                self._forget(len(done))

    def _is_due(self) -> bool:
        return bool(self._done) or self._seconds_to_next() == 0 or (self._stopping and self._in_hand == 0)

    def _seconds_to_next(self) -> float | None:
        return max(0.0, self._heap[0].moment - time.monotonic()) if self._heap else None

    def _take_due(self) -> list[_Departure]:
        now, due = time.monotonic(), []
        while self._heap and self._heap[0].moment <= now:
            due.append(heappop(self._heap))
        self._overdue += sum(departure.plan.write is not None for departure in due)
        return due

    def _depart(self, departure: _Departure) -> None:
        if departure.plan.write is None:
            self._finish(departure)
        elif self._senders:
            self._senders.submit(self._send, departure)

    def _send(self, departure: _Departure) -> None:
        try:
            if time.monotonic() - departure.taken_at > MAX_AGE:
                self._give_back([departure])
                self._end(1)
            else:
                self._finish(departure)
        finally:
            with self._changed:
                self._overdue -= 1
                self._took.append(min(MAX_TOOK, time.monotonic() - departure.moment))
                self._changed.notify_all()

    def _finish(self, departure: _Departure) -> None:
        job = departure.leased.job
        with with_request_id(request_id=job.request_id), self._flask.app_context():
            try:
                outcome = self._handlers.finish(departure.plan)
            except Exception as error:
                self._settlement.fail(departure.leased, error)
                self._end(1)
                return
        with self._changed:
            self._done.append((job, outcome))
            self._changed.notify_all()

    def _connect(self) -> None:
        try:
            with self._flask.app_context():
                self._mailers.connect()
        finally:
            self._connecting -= 1

    def _forget(self, done: int) -> None:
        with self._changed:
            for _ in range(done):
                self._done.popleft()
            self._in_hand -= done
            self._changed.notify_all()

    def _end(self, jobs: int) -> None:
        with self._changed:
            self._in_hand -= jobs
            self._changed.notify_all()

    def _give_back(self, departures: Sequence[_Departure]) -> None:
        if departures:
            self._settlement.give_back([each.leased for each in departures])
