"""Health, metrics and the memory of Redis, for operators."""
