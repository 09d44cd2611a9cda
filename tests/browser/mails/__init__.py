"""Tests of emails and of the demo's inbox in a browser."""
