"""Tests of the hosted pages in a browser."""
