"""Tests of `make bench`, `make faults`, `make audit` and `make pins` as they run."""
