"""Tests of health, metrics and the memory of Redis."""
