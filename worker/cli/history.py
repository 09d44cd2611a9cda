"""Reads the history of an address in the last 48 hours, for support to answer "where is my email?"."""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass

from redis import Redis

from shared.outbox.history import HISTORY_HOURS
from shared.redis_keys import MICROSECONDS, Key

# The time in microseconds, the job's id, the event and its detail.
_LINE = re.compile(r"(\d{1,17}) (\S*) (\S*) (.*)", re.ASCII | re.DOTALL)
# Descriptions of the events for support staff.
MEANINGS = {
    "accepted": "request accepted",
    "limited": "request over the quota of this address: no email sent",
    "no_such_user": "no account has this address: no email sent",
    "other_capitals": "an account has this address in other capitals, set USERS_EMAIL_MATCH=lower",
    "no_password": "the account has no usable password: no email sent (USERS_WITHOUT_PASSWORD)",
    "outside_filter": "the account does not meet USERS_FILTER: no email sent",
    "several_users": "several accounts use this address: one email for each",
    "mailed_reset": "link sent",
    "mailed_first_password": "link for a first password sent",
    "mailed_sign_in": "explanation of how to sign in sent",
    "mailed_password_changed": "notice of the new password sent",
    "delayed": "not sent yet, will be retried",
    "unanswered": "relay received the email but did not confirm it, will be sent again",
    "buried": "given up",
    "retried": "put back into the queue by hand",
    "dropped": "given up after waiting too long",
    "confirmed": "new password set",
    "not_changed": "password was not changed after all: no notice sent",
}


@dataclass(frozen=True)
class Event:
    """One line of the history; `at` is a Unix timestamp."""

    at: float
    job: str
    event: str
    detail: str

    @property
    def meaning(self) -> str:
        """The event's description and its detail."""
        meaning = MEANINGS.get(self.event, self.event)
        return f"{meaning} ({self.detail})" if self.detail else meaning


def read_history(redis: Redis, address_hashes: Iterable[str]) -> list[Event]:
    """List the recent events of an address, oldest first; it has one hash per SECRET_KEY."""
    keys = [f"{Key.HISTORY}{each}{which}" for each in address_hashes for which in ("", ":limited")]
    lines = [str(line) for key in keys for line in redis.lrange(key, 0, -1)]
    since = time.time() - HISTORY_HOURS * 3600
    events = [_event(match) for match in map(_LINE.fullmatch, lines) if match]
    return sorted((event for event in events if event.at > since), key=lambda event: event.at)


def _event(line: re.Match[str]) -> Event:
    time_, job, event, detail = line.groups()
    return Event(int(time_) / MICROSECONDS, job, event, detail.rstrip(" "))  # Outcomes are filled with spaces.
