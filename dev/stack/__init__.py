"""The programs that `make run` starts: how they come up, run and end together."""
