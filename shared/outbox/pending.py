"""How many jobs are accepted but not finished."""

import time
from dataclasses import dataclass
from typing import Self

from redis import Redis

from shared.redis_keys import MICROSECONDS, Key


@dataclass(frozen=True)
class Pending:
    """The numbers of jobs, by where they wait, of messages and of dead letters, and the oldest job's age in seconds."""

    jobs: int
    queued: int
    leased: int
    later: int
    queue: int
    dead: int
    oldest: float | None

    @classmethod
    def count(cls, redis: Redis) -> Self:
        """Count everything in one round trip."""
        with redis.pipeline(transaction=False) as pipe:
            pipe.hlen(Key.JOBS)
            for key in (Key.QUEUED, Key.LEASED, Key.LATER):
                pipe.zcard(key)
            pipe.llen(Key.QUEUE)
            pipe.zcard(Key.BURIED)
            for key in (Key.REQUESTS, Key.NOTICES):
                pipe.zrange(key, 0, 0, withscores=True)
            jobs, queued, leased, later, queue, dead, requests, notices = pipe.execute()
        accepted = [score / MICROSECONDS for _, score in requests + notices]
        oldest = time.time() - min(accepted) if accepted else None
        return cls(jobs, queued, leased, later, queue, dead, oldest)
