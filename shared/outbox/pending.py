"""How many jobs are accepted but not finished."""

import time
from dataclasses import dataclass
from typing import Self

from redis import Redis

from shared.redis_keys import MICROSECONDS, Key


@dataclass(frozen=True)
class Pending:
    """The numbers of jobs, by where they wait, and of dead letters, and the oldest job's age in seconds.

    lanes: the number of networks whose requests wait.
    """

    jobs: int
    queued: int
    leased: int
    later: int
    lanes: int
    dead: int
    oldest: float | None

    @classmethod
    def count(cls, redis: Redis) -> Self:
        """Count everything in one round trip."""
        with redis.pipeline(transaction=False) as pipe:
            pipe.hlen(Key.JOBS)
            pipe.zcard(Key.LEASED)
            pipe.zcard(Key.LATER)
            pipe.llen(Key.LANES)
            pipe.zcard(Key.BURIED)
            for key in (Key.REQUESTS, Key.NOTICES):
                pipe.zrange(key, 0, 0, withscores=True)
            jobs, leased, later, lanes, dead, requests, notices = pipe.execute()
        accepted = [score / MICROSECONDS for _, score in requests + notices]
        oldest = time.time() - min(accepted) if accepted else None
        return cls(jobs, max(0, jobs - leased - later), leased, later, lanes, dead, oldest)
