"""Tests of setting a new password."""
