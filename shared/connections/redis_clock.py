"""Whether this machine's clock agrees with that of Redis.

The worker's clock dates a link and the API's clock judges its age. Redis is what both can ask, so each compares itself
with Redis, and together they differ by at most twice MAX_DIFFERENCE.
"""

import time

from redis import Redis

from shared.failures import ProbeFailed
from shared.redis_keys import MICROSECONDS

MAX_DIFFERENCE = 5.0  # Seconds. NTP keeps clocks within fractions of one.


def check_clock(redis: Redis) -> None:
    """Raise ProbeFailed if the clocks differ by more than MAX_DIFFERENCE."""
    before = time.time()
    seconds, microseconds = redis.time()
    ahead = (before + time.time()) / 2 - (seconds + microseconds / MICROSECONDS)
    if abs(ahead) > MAX_DIFFERENCE:
        way = "ahead of" if ahead > 0 else "behind"
        raise ProbeFailed(
            f"This machine's clock is {abs(ahead):.0f} s {way} that of Redis, so links live too short or too long. "
            "Set the clocks of all machines by NTP."
        )
