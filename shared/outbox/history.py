"""How long the history of an address is kept, for `python -m worker trace`. Scripts of both programs write it."""

HISTORY_HOURS = 48
MAX_LINES = 100
MAX_LIMITED_LINES = 20  # Anybody can cause these, so they have a separate list and push out no other lines.
