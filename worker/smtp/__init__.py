"""Sending emails to the relay."""
