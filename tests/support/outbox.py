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
    """Return where a job waits: once for each place, which should be one."""
    sets = {"leased": Key.LEASED, "later": Key.LATER}
    return ["waiting"] * waiting(client).count(identity) + [
        place for place, key in sets.items() if client.zscore(key, identity) is not None
    ]


def waiting(client: redis.Redis) -> list[str]:
    """List the jobs that wait for a worker: those to be tried again, then those of each lane, next one first."""
    lanes = [Key.LANE + str(lane) for lane in client.lrange(Key.LANES, 0, -1)]
    return [str(job).split()[-1] for key in [Key.AGAIN, *lanes] for job in reversed(client.lrange(key, 0, -1))]


def pass_time(client: redis.Redis, key: Key, identity: str) -> None:
    """End a job's lease or delay."""
    client.zadd(key, {identity: 1})


def make_due(client: redis.Redis) -> None:
    """End the delay of all delayed jobs."""
    for identity in client.zrange(Key.LATER, 0, -1):
        client.zadd(Key.LATER, {str(identity): 0})
