"""The HTTP side of Latchkey: validate, limit, accept, reset."""
