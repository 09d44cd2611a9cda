"""Tests of connections to Redis and to the database."""
