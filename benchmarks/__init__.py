"""How fast Latchkey is, beside others on the same machine and in the same run: `make bench`."""
