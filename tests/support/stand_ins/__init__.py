"""Servers of others that tests start: services that are asked, and what may stand in between."""
