"""Random ids, drawn in batches."""

import os
import re
from collections.abc import Callable

DRAWN = 256  # Ids in a batch.


class RandomIds:
    """Random ids from the operating system, all with the same, even number of hexadecimal digits.

    Asking it releases the GIL, and the thread then waits for others. Doing so for each id, twice per request for a
    link, took a twentieth of the request's CPU time.
    """

    def __init__(self, length: int) -> None:
        self._bytes = length // 2 * DRAWN
        self._split: Callable[[str], list[str]] = re.compile(f".{{{length}}}").findall
        self._drawn: list[str] = []
        # Otherwise forked processes would return the same ids.
        os.register_at_fork(after_in_child=self._drawn.clear)

    def __call__(self) -> str:
        """Return a new id."""
        try:
            return self._drawn.pop()
        except IndexError:
            first, *others = self._split(os.urandom(self._bytes).hex())
            self._drawn += others
            return first
