"""The outbox: a durable store of jobs in Redis."""
