"""Connections to Redis, and requests to web services."""
