"""How long the history of an address is kept, for `python -m worker trace`. Scripts of both programs write it."""

HISTORY_HOURS = 48
MAX_LINES = 100
MAX_LIMITED_LINES = 20  # Anybody can send requests over the quota: their list is separate, and drops no other lines.
