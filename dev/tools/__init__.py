"""Tools for maintainers: `make audit`, `make client` (OpenAPI document and client) and the list of common passwords."""
