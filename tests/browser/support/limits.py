"""The demo's limits, which all tests would spend as one client."""

import redis

from tests.e2e.demo import Demo


def forget_limits(demo: Demo) -> None:
    """Let every limit begin anew."""
    with redis.Redis(port=demo.ports["REDIS_PORT"]) as client:
        for key in client.scan_iter("limit*"):
            client.delete(key)
