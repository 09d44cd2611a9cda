"""The buckets in which the worker counts delivery times; the API makes a histogram of them."""

from bisect import bisect_left

# Upper bounds in seconds, from accepted to emailed. Each email is counted once, in its own bucket: `delivery_le:0.5`
# counts those that took more than 0.25 and at most 0.5 seconds. `delivery_ms` is the sum of all.
BOUNDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
BUCKETS = (*(f"{bound:g}" for bound in BOUNDS), "+Inf")


def bucket(seconds: float) -> str:
    """Return the label of the bucket for a delivery that took this long."""
    return BUCKETS[bisect_left(BOUNDS, seconds)]
