"""Tests of languages and translations."""
