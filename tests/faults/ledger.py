"""What was sent, accepted and mailed, and when: the basis of every verdict. Times are monotonic seconds."""

import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

ACCEPTED = 202


@dataclass(frozen=True)
class Mail:
    """An email that the relay accepted; its number is that of the request and of the user."""

    at: float
    number: int
    message_id: str


@dataclass
class Ledger:
    """Matches requests with emails. Each request has its own number and user, so an email identifies its request."""

    sent: dict[int, float] = field(default_factory=dict)
    accepted: dict[int, float] = field(default_factory=dict)
    answers: Counter[int] = field(default_factory=Counter)
    mails: list[Mail] = field(default_factory=list)

    def answer(self, number: int, status: int) -> None:
        """Record an answer; status 0 means no answer."""
        self.answers[status] += 1
        if status == ACCEPTED:
            self.accepted[number] = time.monotonic()

    def take(self, number: int, message_id: str) -> None:
        """Record that the relay accepted an email."""
        self.mails.append(Mail(time.monotonic(), number, message_id))

    def first_mailed(self) -> dict[int, float]:
        """Return the time of the first email for each request."""
        first: dict[int, float] = {}
        for mail in list(self.mails):
            first.setdefault(mail.number, mail.at)
        return first

    def lost(self, owed: Callable[[int], bool]) -> list[int]:
        """List the requests that were accepted, should have been mailed, and were not."""
        mailed = self.first_mailed()
        return [number for number in self.accepted if owed(number) and number not in mailed]

    def mailed_twice(self) -> dict[int, set[str]]:
        """Return the requests with more than one email, and their Message-IDs, of which each should have one."""
        identities: dict[int, list[str]] = defaultdict(list)
        for mail in list(self.mails):
            identities[mail.number].append(mail.message_id)
        return {number: set(found) for number, found in identities.items() if len(found) > 1}

    def flows_after(self, moment: float) -> float | None:
        """Return the seconds from a moment to the first email for a request that was sent and accepted after it."""
        mails = list(self.mails)
        for mail in mails[bisect_left(mails, moment, key=lambda mail: mail.at) :]:
            if mail.number in self.accepted and self.sent[mail.number] >= moment:
                return mail.at - moment
        return None

    def mailed_after(self, moment: float) -> float:
        """Return the seconds from a moment to the next email of any request."""
        return next((mail.at - moment for mail in list(self.mails) if mail.at >= moment), inf)

    def accepted_after(self, moment: float) -> float | None:
        """Return the seconds from a moment to the first 202 for a request that was sent after it."""
        found = [at for number, at in list(self.accepted.items()) if self.sent[number] >= moment]
        return min(found) - moment if found else None

    def slowest(self, ends: list[float]) -> float:
        """Return the longest wait for an email; for requests during a fault, it counts from the end of the fault."""
        waits = [0.0]
        for number, mailed in self.first_mailed().items():
            if number in self.accepted:
                begun = self.sent[number]
                over = next((end for end in ends if begun <= end <= mailed), begun)
                waits.append(mailed - over)
        return max(waits)

    def largest_gap(self, begun: float, ended: float) -> float:
        """Return the longest time without an email between two moments."""
        times = [begun, *(mail.at for mail in self.mails if begun < mail.at < ended), ended]
        return max(later - earlier for earlier, later in pairwise(times))
