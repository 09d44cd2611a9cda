"""Tests of the hosted pages."""
