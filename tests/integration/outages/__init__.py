"""Tests of outages: Redis, the database or the relay is down, frozen or full."""
