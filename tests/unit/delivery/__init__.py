"""Tests of the two stages of a job, with fakes."""
