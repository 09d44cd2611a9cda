"""The contract between the API and the worker: what both must agree on, and nothing else."""
