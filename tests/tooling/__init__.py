"""Tests of the Makefile, pinned packages, CI, deployment, documentation and benchmarks."""
