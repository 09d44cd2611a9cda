"""Tests of the reset link in a browser: where its token goes, and what damages it."""
