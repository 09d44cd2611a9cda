"""Asking for a link: POST /forgot-password."""
