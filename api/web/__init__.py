"""Middleware, request bodies, clients and languages: everything that all endpoints share."""
