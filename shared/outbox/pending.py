"""How much is accepted and not finished."""

import time
from dataclasses import dataclass

from redis import Redis

from shared.outbox.jobs import QUEUE
from shared.outbox.outbox import MICROSECONDS


@dataclass(frozen=True)
class Pending:
    """The jobs in the outbox and where they wait, messages in Celery's queue, dead letters, and an age in seconds."""

    jobs: int
    queued: int
    leased: int
    later: int
    queue: int
    dead: int
    oldest: float | None

    @classmethod
    def count(cls, redis: Redis) -> "Pending":
        """Count, in one round trip."""
        with redis.pipeline(transaction=False) as pipe:
            pipe.hlen("outbox:jobs")
            for place in ("queued", "leased", "later"):
                pipe.zcard(f"outbox:{place}")
            pipe.llen(QUEUE)
            pipe.zcard("outbox:buried")
            for kind in ("requests", "notices"):
                pipe.zrange(f"outbox:{kind}", 0, 0, withscores=True)
            jobs, queued, leased, later, queue, dead, requests, notices = pipe.execute()
        accepted = [score / MICROSECONDS for _, score in requests + notices]
        oldest = time.time() - min(accepted) if accepted else None
        return cls(jobs, queued, leased, later, queue, dead, oldest)
