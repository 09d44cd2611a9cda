"""Devices, page states, steps and checks for the tests in a browser."""
