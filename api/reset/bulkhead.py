"""A bound on the threads of the server that one kind of work may hold up."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class SlotsTaken(Exception):
    """As many threads are held up as may be at a time."""


class Bulkhead:
    """A number of slots. No thread waits for one, because a thread that waits is held up as well."""

    def __init__(self, number: int) -> None:
        self._free = threading.Semaphore(number)

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold a slot for as long as the block lasts.

        Raises SlotsTaken where none is free.
        """
        if not self._free.acquire(blocking=False):
            raise SlotsTaken
        try:
            yield
        finally:
            self._free.release()
