"""Random ids, many drawn at a time."""

import os
import re
from collections.abc import Callable

DRAWN = 256  # Ids at a time.


class RandomIds:
    """Random ids from the operating system, all of one length: an even number of hexadecimal digits.

    To ask it lets other threads in, which keep this one waiting: twice for each request for a link, a twentieth of its
    CPU.
    """

    def __init__(self, length: int) -> None:
        self._bytes = length // 2 * DRAWN
        self._split: Callable[[str], list[str]] = re.compile(f".{{{length}}}").findall
        self._drawn: list[str] = []
        # Otherwise forked processes would give out the same ones.
        os.register_at_fork(after_in_child=self._drawn.clear)

    def __call__(self) -> str:
        """Return a new id."""
        try:
            return self._drawn.pop()
        except IndexError:
            first, *others = self._split(os.urandom(self._bytes).hex())
            self._drawn += others
            return first
