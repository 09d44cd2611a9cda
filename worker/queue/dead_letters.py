"""Dead letters: jobs that could not be emailed and wait for a person."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from shared.outbox.jobs import Job
from shared.outbox.outbox import Outbox, read_lua
from shared.redis_keys import MICROSECONDS, Key

# They hold addresses, so they are not kept forever, and only the newest are kept.
DEAD_LETTER_DAYS = 14
MAX_DEAD_LETTERS = 100_000


@dataclass(frozen=True)
class DeadLetter:
    """A buried job as a person may see it: its address only as a hash, times in seconds since 1970."""

    id: str
    kind: str
    accepted_at: float
    buried_at: float
    reason: str
    address_hash: str


class DeadLetters:
    """The buried jobs: list, retry and delete them."""

    def __init__(self, outbox: Outbox) -> None:
        self._redis = outbox.redis
        self._retry_dead = outbox.script(read_lua("worker.queue", "lua/retry_dead"))

    def count(self) -> int:
        """Return how many there are."""
        return int(self._redis.zcard(Key.BURIED))

    def newest(self, most: int) -> Iterator[DeadLetter]:
        """Yield at most this many, newest first."""
        rows: Any = self._redis.zrange(Key.BURIED, 0, most - 1, desc=True, withscores=True)
        for job_id, buried_at in rows:
            if (letter := self._read(job_id)) is not None:
                job, reason = letter
                times = (job.accepted_at, buried_at / MICROSECONDS)
                yield DeadLetter(job_id, job.kind, *times, reason, job.address_hash)

    def retry(self, job_id: str) -> bool:
        """Accept a buried job again, with its age counted from now; return False if it does not exist."""
        letter = self._read(job_id)
        if letter is None:
            return False
        asked_at = letter[0].asked_at or letter[0].accepted_at
        job = replace(letter[0], accepted_at=time.time(), asked_at=asked_at)
        return bool(self._retry_dead(args=[job_id, job.entry()]))

    def retry_all(self) -> int:
        """Accept all of them again, oldest first; return how many."""
        return sum(self.retry(str(job_id)) for job_id in self._redis.zrange(Key.BURIED, 0, -1))

    def purge(self) -> int:
        """Delete all of them; return how many."""
        # Not a transaction: in one, a full Redis before 7.4 refuses every command, and these free memory.
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.zcard(Key.BURIED)
            pipe.delete(Key.BURIED, Key.DEAD)
            return int(pipe.execute()[0])

    def _read(self, job_id: str) -> tuple[Job, str] | None:
        text = self._redis.hget(Key.DEAD, job_id)
        if text is None:
            return None
        buried = json.loads(text)
        return Job.from_entry(buried["entry"]), buried["reason"]
