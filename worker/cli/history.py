"""The history of an address in the last 48 hours, for support that is asked "where is my email?"."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from redis import Redis

from shared.outbox.history import HISTORY_HOURS
from shared.redis_keys import MICROSECONDS, Key

# What each event means, in words for support.
MEANINGS = {
    "accepted": "request accepted",
    "limited": "request over the quota of this address: no email",
    "no_such_user": "no account with this address that may reset its password: no email",
    "several_users": "several accounts use this address: an email for each",
    "mailed_reset": "link sent",
    "mailed_password_changed": "notice of the changed password sent",
    "delayed": "not sent yet, will be tried again",
    "unanswered": "the relay received the email and did not answer; will be sent again",
    "buried": "given up",
    "retried": "put back into the queue by a person",
    "dropped": "given up: too old",
    "confirmed": "new password set",
    "not_changed": "password not changed after all: no notice",
}


@dataclass(frozen=True)
class Event:
    """One line of the history; `at` in seconds since 1970."""

    at: float
    job: str
    event: str
    detail: str

    @property
    def meaning(self) -> str:
        """What happened, in words for support."""
        meaning = MEANINGS.get(self.event, self.event)
        return f"{meaning} ({self.detail})" if self.detail else meaning


def read_history(redis: Redis, address_hashes: Iterable[str]) -> list[Event]:
    """List what happened lately for an address, oldest first; it has one hash for each SECRET_KEY."""
    keys = [f"{Key.HISTORY}{each}{which}" for each in address_hashes for which in ("", ":limited")]
    lines = [str(line) for key in keys for line in redis.lrange(key, 0, -1)]
    since = time.time() - HISTORY_HOURS * 3600
    return sorted((event for event in map(_event, lines) if event.at > since), key=lambda event: event.at)


def _event(line: str) -> Event:
    microseconds, job, event, detail = line.split(" ", 3)
    return Event(int(microseconds) / MICROSECONDS, job, event, detail)
