"""Tests of health checks, metrics and Redis memory."""
