"""One fault under load: what it may do to the stack, and what becomes of the requests meanwhile and afterwards."""

import random
import sys
import time
from collections.abc import Callable
from math import inf

from shared.redis_keys import Key
from tests.faults.database import Postgres
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.stack import Stack
from tests.support.servers import wait_until
from worker.queue.delivery import LEASE

RATE = 52.0  # Requests a second; the promises are for 50.
STRAGGLERS = LEASE + 20.0  # Seconds: a lease, ten until the sweeper takes a message for lost, and its tick.
QUIET = 2.0  # Seconds after which no living worker holds a job any more.
SLOW = 3.0  # Seconds until mail flows again after which the table says more.
TIMEOUT = 60.0  # Seconds in which mail must flow again for the fault to go on.


class Run:
    """What a fault is given: the stack to harm, the load that goes on, and the ledger that both fill."""

    def __init__(
        self, stack: Stack, ledger: Ledger, load: Load, database: Postgres | None = None, *, short: bool
    ) -> None:
        self.stack = stack
        self.database = database
        self.ledger = ledger
        self.load = load
        self.short = short
        # The faults may be random; what was done is told on standard error.
        self.random = random.Random()  # noqa: S311 - chooses victims, protects nothing
        self.ends: list[float] = []
        self.flows: list[float] = []
        self.broken: list[str] = []
        self.notes: list[str] = []
        self.owed: Callable[[int], bool] = lambda _number: True

    def wait(self, seconds: float) -> None:
        """Let the load go on."""
        time.sleep(seconds)

    def is_over(self, over: float | None = None) -> None:
        """Note that a fault has ended, now or when it is said, and wait until mail flows again."""
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
        """Wait until a request that was accepted after a moment is mailed, or patience ends."""
        try:
            wait_until(lambda: self.ledger.flows_after(moment) is not None, "no mail", TIMEOUT)
        except TimeoutError:
            say("no mail flows")

    def check(self, what: str, *, holds: bool) -> None:
        """Note a promise that does not hold."""
        if not holds:
            self.broken.append(what)

    def note(self, what: str) -> None:
        """Add to the table's last column."""
        self.notes.append(what)

    def settle(self) -> None:
        """Wait until nothing is left to do, stragglers and second copies included."""
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
        """End the leases of the dead, and the waits: in the shortened form nobody sleeps through them."""
        with self.stack.store.client() as client:
            for key in (Key.LEASED, Key.LATER):
                for job in client.zrange(key, 0, -1):
                    client.zadd(key, {job: 1}, xx=True)
            client.hset(Key.WATERMARK, "time", 1)


def say(words: str) -> None:
    """Tell how it goes, on standard error."""
    sys.stderr.write(f"  {words}\n")
    sys.stderr.flush()
