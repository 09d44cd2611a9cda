"""Servers, services and parsers shared by all kinds of tests."""
