"""Tools for maintainers: `make audit`, `make client` (OpenAPI document and client), the list of common passwords."""
