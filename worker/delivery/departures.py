"""Stage two: each job ends at a moment of its own, with an email or without.

Nobody may learn from the time of one email whether another address has an account. So the moment is drawn at random
when the job is taken, and nothing that belongs to another job delays it: emails use several connections, which are
opened ahead for every job, whether or not it has an email. A job without one ends as late as a job with one.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from typing import Any

from flask import Flask

from shared.log import get_logger, with_request_id
from worker.delivery.moments import WAIT, Moments
from worker.delivery.settlement import Settlement
from worker.delivery.timetable import Departure, Timetable
from worker.handlers import JobHandlers
from worker.plans import Outcome, Plan
from worker.queue.consumer import LeasedJob
from worker.smtp.failures import UnknownOutcome
from worker.smtp.mailer import Mailer
from worker.smtp.mailers import Mailers

MAX_IN_HAND = 1000  # Jobs.
MAX_AGE = 20.0  # Seconds in hand after which an email is not begun: the lease must outlast its dialogue.
# Seconds for which a process that ends waits for the relay. docs/production.md tells supervisors to wait as long.
END_TIMEOUT = 60.0
RETRY_INTERVAL = 0.2  # Seconds between two attempts to complete jobs while Redis does not answer.
GIVE_UP = 25.0  # Seconds for which a worker that ends makes these attempts.

log = get_logger(__name__)


class Departures:
    """The jobs that this process has in hand, and the threads that end them. The threads start with the first job.

    connections: to the relay, at most. wait: the least and the most seconds until a departure.
    """

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
        self._connections, self._moments = connections, Moments(connections, wait)
        self._changed = threading.Condition()
        self._timetable = Timetable()
        self._done: deque[tuple[LeasedJob, Outcome]] = deque()
        self._in_hand = self._sending = self._connecting = 0
        self._senders: ThreadPoolExecutor | None = None
        self._thread: threading.Thread | None = None
        self._stopped_at: float | None = None
        self._in_doubt = False  # Whether the relay received the last email and did not answer.
        self._one_at_a_time = threading.Lock()

    def wait_for_room(self, timeout: float) -> bool:
        """Wait until more jobs may be taken; return False if none may.

        None may while the relay is slow: what waits in Redis takes turns, and what is in hand does not.
        """
        with self._changed:
            return self._changed.wait_for(self._has_room, timeout) and self._stopped_at is None

    def wait_until_empty(self, timeout: float = END_TIMEOUT) -> None:
        """Wait until every job in hand has ended, at most for so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._in_hand == 0, timeout)

    def add(self, planned: Sequence[tuple[LeasedJob, Plan]], taken_at: float) -> None:
        """Let jobs depart, each at a moment of its own. taken_at: the monotonic time before they were leased."""
        if not planned:
            return
        now = time.monotonic()
        with self._changed:
            senders = self._start()
            for leased, plan in planned:
                moment = now + self._moments.draw(leased, has_mail=plan.write is not None)
                self._timetable.add(Departure(moment, leased, plan, taken_at))
            self._in_hand += len(planned)
            ahead = max(0, min(len(planned), self._connections - self._sending - self._connecting))
            self._connecting += ahead
            # Before an email can be due: it would find no idle mailer, and make one more.
            for mailer in self._mailers.take(ahead):
                _submit(senders, self._connect, mailer)
            self._changed.notify_all()

    def stop(self) -> None:
        """Give back the jobs that have not departed, and wait for the emails that are being sent."""
        with self._changed:
            self._stopped_at = time.monotonic()
            waiting = self._timetable.clear()
            self._changed.notify_all()
        self._give_back(waiting)
        self.wait_until_empty()
        if self._senders:
            self._senders.shutdown()
        if self._thread:
            self._thread.join()
        self._mailers.close()

    def _has_room(self) -> bool:
        return self._stopped_at is not None or (self._in_hand < MAX_IN_HAND and self._sending < 2 * self._connections)

    def _start(self) -> ThreadPoolExecutor:
        """Start the threads. Not before the process is forked, because a fork has none of them."""
        if self._senders is None:
            senders = ThreadPoolExecutor(self._connections, "sender")
            senders.submit(lambda: None)  # So that there is always one thread.
            thread = threading.Thread(target=self._run, name="departures", daemon=True)
            thread.start()
            self._thread, self._senders = thread, senders
        return self._senders

    def _run(self) -> None:
        """Let jobs depart and complete them, until the process ends and nothing is in hand.

        While Redis does not answer, nothing departs: such an email could be sent again when its lease ends.
        """
        answered = True
        while True:
            with self._changed:
                while not self._has_work():
                    self._changed.wait(self._timetable.seconds_to_next())
                if self._stopped_at is not None and self._in_hand == 0:
                    return
                due = self._timetable.due() if answered else []
                self._sending += sum(departure.plan.write is not None for departure in due)
            for departure in due:
                self._depart(departure)
            if done := list(self._done):
                answered = self._complete(done, repeated=not answered)

    def _has_work(self) -> bool:
        ending = self._stopped_at is not None and self._in_hand == 0
        return ending or bool(self._done) or self._timetable.seconds_to_next() == 0

    def _depart(self, departure: Departure) -> None:
        if departure.plan.write is None or self._senders is None:
            self._finish(departure)
            return
        _submit(self._senders, self._send, departure)

    def _send(self, departure: Departure) -> None:
        # While the relay answers no email, they are sent one at a time: each of them will be sent again.
        turn = self._one_at_a_time if self._in_doubt else nullcontext()
        try:
            with turn:
                self._send_or_give_back(departure)
        finally:
            self._note_departed(departure)

    def _send_or_give_back(self, departure: Departure) -> None:
        if self._stopped_at is not None or time.monotonic() - departure.taken_at > MAX_AGE:
            self._give_back([departure])
        else:
            self._finish(departure)

    def _note_departed(self, departure: Departure) -> None:
        with self._changed:
            self._sending -= 1
            self._moments.note_mail(time.monotonic() - departure.moment)
            self._changed.notify_all()

    def _finish(self, departure: Departure) -> None:
        """Carry out the plan of a job."""
        job = departure.leased.job
        with with_request_id(request_id=job.request_id), self._flask.app_context():
            try:
                outcome = self._handlers.carry_out(departure.plan)
            except Exception as error:
                # No other failure may make emails wait for each other: it may be that of one address.
                self._in_doubt = isinstance(error, UnknownOutcome)
                self._settlement.fail(departure.leased, error)
                self._let_go([departure.leased])
                return
        self._in_doubt = self._in_doubt and departure.plan.write is None
        with self._changed:
            self._done.append((departure.leased, outcome))
            self._changed.notify_all()

    def _complete(self, done: Sequence[tuple[LeasedJob, Outcome]], *, repeated: bool) -> bool:
        """Complete jobs; return False if that failed, and they must be completed again."""
        answered = self._settlement.complete([(leased.job, outcome) for leased, outcome in done], repeated=repeated)
        if not answered and (self._stopped_at is None or time.monotonic() - self._stopped_at < GIVE_UP):
            time.sleep(RETRY_INTERVAL)
            return False
        if not answered:
            log.error("sent_jobs_not_completed", jobs=[leased.job.id for leased, _ in done])
        for _ in done:
            self._done.popleft()
        self._let_go([leased for leased, _ in done])
        return True

    def _connect(self, mailer: Mailer) -> None:
        try:
            with self._flask.app_context():
                self._mailers.connect(mailer)
        finally:
            with self._changed:
                self._connecting -= 1

    def _give_back(self, departures: Sequence[Departure]) -> None:
        if departures:
            leased = [departure.leased for departure in departures]
            self._settlement.give_back(leased)
            self._let_go(leased)

    def _let_go(self, jobs: Sequence[LeasedJob]) -> None:
        with self._changed:
            self._in_hand -= len(jobs)
            for leased in jobs:
                self._moments.end(leased)
            self._changed.notify_all()


def _submit(senders: ThreadPoolExecutor, work: Callable[..., None], about: Any) -> None:
    """Let a thread do the work. If no further thread can be started, one that runs does it: it is in their queue."""
    with suppress(RuntimeError):
        senders.submit(work, about)
