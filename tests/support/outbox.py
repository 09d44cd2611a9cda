"""The outbox as Redis holds it: how tests look into it, and let time pass there."""

import redis

from shared.redis_keys import Key


def unfinished(client: redis.Redis) -> int:
    """Count the jobs that were accepted and are not finished."""
    return int(client.hlen(Key.JOBS))


def stored(client: redis.Redis) -> list[str]:
    """List all keys of the outbox."""
    return sorted(map(str, client.keys("outbox:*")))


def places(client: redis.Redis, identity: str) -> list[str]:
    """Say where a job is, apart from JOBS."""
    keys = {"queued": Key.QUEUED, "leased": Key.LEASED, "later": Key.LATER}
    return [place for place, key in keys.items() if client.zscore(key, identity) is not None]


def pass_time(client: redis.Redis, key: Key, identity: str) -> None:
    """Let a lease end, or a wait."""
    client.zadd(key, {identity: 1})


def make_due(client: redis.Redis) -> None:
    """Let the time pass that jobs are held back."""
    for identity in client.zrange(Key.LATER, 0, -1):
        client.zadd(Key.LATER, {str(identity): 0})
