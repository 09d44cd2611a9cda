"""Resets the demo's rate limits, because all tests count as one client."""

import redis

from tests.e2e.demo import Demo


def forget_limits(demo: Demo) -> None:
    """Reset all limits."""
    with redis.Redis(port=demo.ports["REDIS_PORT"]) as client:
        for key in client.scan_iter("limit*"):
            client.delete(key)
