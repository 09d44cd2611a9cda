"""Real faults against real processes under load, and what becomes of every accepted request. See `make faults`."""
