"""Operators' templates, which replace Latchkey's own."""
