"""Tools for maintainers: `make audit`, `make client` and the list of common passwords."""
