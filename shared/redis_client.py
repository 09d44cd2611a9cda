"""The Redis client that each program holds."""

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry


def connect(url: str, *, connect_timeout: float, timeout: float) -> Redis:
    """Return a client that opens its connections when they are needed; times in seconds.

    redis-py 8 retries by itself by default, which turns a bound of 0.2 s into one of many seconds.
    """
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=connect_timeout,
        socket_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
        # Asked for at every connect, and known to Redis Enterprise alone.
        maint_notifications_config=MaintNotificationsConfig(enabled=False),
    )


def memory_used(redis: Redis) -> float | None:
    """Return how much of Redis's `maxmemory` is used, 1.0 for all; None where it has no bound or does not tell us."""
    try:
        memory: dict[str, int] = redis.info("memory")
    except NoPermissionError:
        return None
    return memory["used_memory"] / memory["maxmemory"] if memory["maxmemory"] else None
