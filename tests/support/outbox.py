"""Helpers to inspect the outbox in Redis, and to simulate that time passes."""

import redis

from shared.redis_keys import Key


def unfinished(client: redis.Redis) -> int:
    """Count the jobs that were accepted and are not finished."""
    return int(client.hlen(Key.JOBS))


def stored(client: redis.Redis) -> list[str]:
    """List all keys of the outbox."""
    return sorted(map(str, client.keys("outbox:*")))


def places(client: redis.Redis, identity: str) -> list[str]:
    """Return which sets contain a job, apart from JOBS."""
    keys = {"queued": Key.QUEUED, "leased": Key.LEASED, "later": Key.LATER}
    return [place for place, key in keys.items() if client.zscore(key, identity) is not None]


def pass_time(client: redis.Redis, key: Key, identity: str) -> None:
    """End a job's lease or delay."""
    client.zadd(key, {identity: 1})


def make_due(client: redis.Redis) -> None:
    """End the delay of all delayed jobs."""
    for identity in client.zrange(Key.LATER, 0, -1):
        client.zadd(Key.LATER, {str(identity): 0})
