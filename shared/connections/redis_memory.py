"""How full Redis is, and what gives way when."""

from redis import Redis
from redis.exceptions import NoPermissionError

# Of maxmemory. First the histories of addresses give way, then nothing more is accepted: a full Redis still gives
# messages out and refuses to note who took them, so what waits could not be finished.
NO_MORE_HISTORY = 0.6
NO_MORE_REQUESTS = 0.8
HISTORY_OFF_TIMEOUT = 10  # Seconds; whoever looks at the memory each second says it again.
ALLOW_FULL = "#!lua flags=allow-oom\n"
"""The first line of a script that makes room, or needs next to none: Redis runs it even where it is full."""


def memory_used(redis: Redis) -> float | None:
    """Return how much of Redis's `maxmemory` is used, 1.0 for all; None where it has no bound or does not tell us.

    Raises RedisError.
    """
    try:
        memory: dict[str, int] = redis.info("memory")
    except NoPermissionError:
        return None
    # Buffers for replicas and the append-only file, which Redis does not count against the bound.
    used = memory["used_memory"] - memory.get("mem_not_counted_for_evict", 0)
    return used / memory["maxmemory"] if memory["maxmemory"] else None
