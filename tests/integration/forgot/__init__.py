"""Tests of asking for a link."""
