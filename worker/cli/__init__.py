"""The command line of the worker: `python -m worker COMMAND`."""
