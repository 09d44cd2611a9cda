"""Tests of operators' templates."""
