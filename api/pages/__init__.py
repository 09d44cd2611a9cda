"""The hosted pages, with their templates, scripts and styles."""
