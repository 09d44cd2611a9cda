"""How full Redis is, and at which levels Latchkey stops writing to it."""

from redis import Redis
from redis.exceptions import NoPermissionError

# Fractions of maxmemory. Above the first three, something gives way: histories, then counters (see
# worker/queue/memory_relief.py). Above the last, new requests are refused: a full Redis still hands out messages but
# refuses to record who took them, so waiting jobs could not be finished.
NO_MORE_HISTORY = 0.6
FEWER_ADDRESSES = 0.7
FEWER_CLIENTS = 0.75
NO_MORE_REQUESTS = 0.8
HISTORY_OFF_TIMEOUT = 10  # Seconds; every check of the memory, once a second, renews it.
ALLOW_FULL = "#!lua flags=allow-oom\n"
"""The first line of a script that frees memory, or needs hardly any: Redis runs it even if it is full."""


def memory_used(redis: Redis) -> float | None:
    """Return the used fraction of Redis's `maxmemory`, or None if there is no limit or Redis does not tell.

    Raises RedisError.
    """
    try:
        memory: dict[str, int] = redis.info("memory")
    except NoPermissionError:
        return None
    # Redis does not count buffers for replicas and for the append-only file towards the limit.
    used = memory["used_memory"] - memory.get("mem_not_counted_for_evict", 0)
    return used / memory["maxmemory"] if memory["maxmemory"] else None
