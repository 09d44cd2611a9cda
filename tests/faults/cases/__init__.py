"""The faults that `make faults` runs."""
