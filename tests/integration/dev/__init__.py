"""Tests of the demo that `make run` starts."""
