"""Tests of what is decided about a relay's answers, without a relay."""
