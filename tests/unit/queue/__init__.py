"""Tests of taking jobs from the queue and completing them."""
