"""What is counted: the names that both sides must agree on. All counts stand in one hash in Redis."""

METRICS_KEY = "metrics"
# Seconds from accepted to mailed. The hash counts each mail in one of these; /metrics adds them up.
BUCKETS = ("0.1", "0.25", "0.5", "1", "2.5", "5", "10", "30", "60", "300", "900", "3600", "+Inf")


def bucket(seconds: float) -> str:
    """Return the first bucket that holds so many seconds."""
    return next(bound for bound in BUCKETS if seconds <= float(bound))
