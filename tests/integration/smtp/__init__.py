"""Tests of sending emails to the relay."""
