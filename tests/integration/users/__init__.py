"""Tests of access to the users table."""
