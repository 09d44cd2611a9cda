"""Servers, services and readers that tests of all kinds use."""
