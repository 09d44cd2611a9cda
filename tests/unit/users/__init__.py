"""Tests of the rows of the users table."""
