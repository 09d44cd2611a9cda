"""Tests of README, SECURITY.md, docs/ and .env.example against the code."""
