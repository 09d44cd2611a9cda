"""The worker's half of the outbox: leases, sweeps and dead letters; and Celery's connection."""
