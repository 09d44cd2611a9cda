"""Starts, watches and stops the programs of `make run`."""
