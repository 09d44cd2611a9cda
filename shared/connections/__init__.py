"""Connections to Redis and to the database."""
