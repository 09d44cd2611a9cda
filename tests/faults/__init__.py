"""`make faults`: real faults of real processes under load, with every accepted request accounted for."""
