"""Tests of how `make bench` counts and reports."""
