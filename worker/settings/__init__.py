"""The settings of the worker: what it shares with the API, its relay, and the sender of its emails."""
