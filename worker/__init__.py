"""The mail side of Latchkey: look up, sign, write, send."""
