"""Tests of the rules for new passwords, and of hashing."""
