"""The buckets in which the worker counts how long deliveries took, and of which the API makes a histogram."""

from bisect import bisect_left

# Upper bounds in seconds, from accepted to mailed. The hash counts each mail once, in its own bucket:
# `delivery_le:0.5` are those that took more than 0.25 seconds and at most 0.5. `delivery_ms` is the sum of all.
BOUNDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
BUCKETS = (*(f"{bound:g}" for bound in BOUNDS), "+Inf")


def bucket(seconds: float) -> str:
    """Return the label of the bucket in which a delivery of so many seconds is counted."""
    return BUCKETS[bisect_left(BOUNDS, seconds)]
