"""Tests of middleware, request bodies and clients."""
