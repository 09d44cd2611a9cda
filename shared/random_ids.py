"""Random ids, many drawn at a time."""

import os

DRAWN = 256  # At a time.


class RandomIds:
    """Random ids of one length, from the operating system.

    While it is asked, other threads are let in, and keep this one waiting: two questions for each request for a link
    were a twentieth of its CPU.
    """

    def __init__(self, length: int) -> None:
        self._bytes = length // 2
        self._drawn: list[str] = []
        # Otherwise the processes of a worker would share them.
        os.register_at_fork(after_in_child=self._drawn.clear)

    def __call__(self) -> str:
        """Return a new id in hexadecimal digits."""
        try:
            return self._drawn.pop()
        except IndexError:
            drawn, size = os.urandom(self._bytes * DRAWN), self._bytes
            first, *others = [drawn[at : at + size].hex() for at in range(0, len(drawn), size)]
            self._drawn += others
            return first
