"""One fault under load: its access to the stack, and the results of the requests during and after it."""

import random
import sys
import time
from collections.abc import Callable
from math import inf

from shared.redis_keys import MICROSECONDS, Key
from tests.faults.database import Postgres
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.stack import Stack
from tests.support.servers import wait_until
from tests.support.stand_ins.pgbouncer import PgBouncer
from worker.delivery.intake import LEASE

RATE = 52.0  # Requests per second; the promises are for 50.
IN_HAND = 20.0  # Seconds.
STRAGGLERS = LEASE + 10.0  # Seconds: a lease, and some ticks of the sweeper.
QUIET = 2.0  # Seconds after which no live worker holds a job any more.
SLOW = 3.0  # Seconds until mail flows again: above this, the table adds details.
TIMEOUT = 60.0  # Seconds to wait until mail flows again.


class Run:
    """What a fault gets: the stack to harm, the running load, and the ledger."""

    def __init__(
        self, stack: Stack, ledger: Ledger, load: Load, database: Postgres | None = None, *, short: bool
    ) -> None:
        self.stack = stack
        self.database = database
        self.ledger = ledger
        self.load = load
        self.short = short
        # Faults may choose at random; what they did is logged on standard error.
        self.random = random.Random()  # noqa: S311 - chooses victims, not for security
        self.ends: list[float] = []
        self.flows: list[float] = []
        self.broken: list[str] = []
        self.notes: list[str] = []
        self.pooler: PgBouncer | None = None
        self.owed: Callable[[int], bool] = lambda _number: True

    def wait(self, seconds: float) -> None:
        """Let the load run for some seconds."""
        time.sleep(seconds)

    def is_over(self, over: float | None = None) -> None:
        """Record that a fault is over, now or at the given moment, and wait until mail flows again."""
        over = time.monotonic() if over is None else over
        self.ends.append(over)
        self.wait_for_mail(over)
        flows = self.ledger.flows_after(over)
        self.flows.append(inf if flows is None else flows)
        words = f"mail flows again after {self.flows[-1]:.2f} s"
        if self.flows[-1] > SLOW:
            words += f" (of older requests after {self.ledger.mailed_after(over):.2f} s), {self.stack.queued()} wait"
            self.note(words)
        say(words)

    def wait_for_mail(self, moment: float) -> None:
        """Wait until a request that was sent and accepted after a moment is mailed, or until TIMEOUT."""
        try:
            wait_until(lambda: self.ledger.flows_after(moment) is not None, "no email", TIMEOUT)
        except TimeoutError:
            say("no mail flows")

    def check(self, what: str, *, holds: bool) -> None:
        """Record a promise that does not hold."""
        if not holds:
            self.broken.append(what)

    def note(self, what: str) -> None:
        """Add a note to the table's last column."""
        self.notes.append(what)

    def settle(self) -> None:
        """Wait until all work is done, including stragglers and second copies."""
        deadline = time.monotonic() + STRAGGLERS
        busy_at = time.monotonic()
        while (left := self.stack.unfinished()) and time.monotonic() < deadline:
            if self.stack.queued():
                busy_at = time.monotonic()
            if self.short and time.monotonic() > busy_at + QUIET:
                self._let_time_pass()
            time.sleep(0.2)
        self.check(f"{left} unfinished", holds=left == 0)
        if buried := self.stack.buried():
            self.note(f"{buried} buried")

    def _let_time_pass(self) -> None:
        """Expire the leases of dead workers and all delays, so that the shortened form need not wait for them."""
        with self.stack.store.client() as client:
            # A worker that lives may have a job in hand for as long as this: it would be mailed twice.
            begun_before = (time.time() + LEASE - IN_HAND) * MICROSECONDS
            for job in client.zrangebyscore(Key.LEASED, "-inf", begun_before):
                client.zadd(Key.LEASED, {job: 1}, xx=True)
            for job in client.zrange(Key.LATER, 0, -1):
                client.zadd(Key.LATER, {job: 1}, xx=True)


def say(words: str) -> None:
    """Report progress on standard error."""
    sys.stderr.write(f"  {words}\n")
    sys.stderr.flush()
