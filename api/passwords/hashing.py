"""Hashing with a bound on what is computed at once, and on the memory that it takes."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from api.passwords.formats.hash_format import MAX_MEMORY
from shared.tokens import InvalidToken

WAIT_FOR_HASH = 5.0  # Seconds after which a hash that has not started is given up.


class HashingBusy(Exception):
    """A password cannot be hashed now: all slots are taken, or other passwords take too long."""

    hint = "Many passwords are being set. If it lasts, raise WEB_THREADS, or add cores or machines."


class Hashing:
    """Computes a bounded number of hashes at once, which take at most MAX_MEMORY together.

    They run in a thread pool, and their libraries release the GIL. Each hash blocks a pool thread and the server thread
    that waits for it; a slot is permission to block a server thread.
    """

    def __init__(self, slots: int, *, processes: int = 1, wait_for_hash: float = WAIT_FOR_HASH) -> None:
        self._wait_for_hash = wait_for_hash
        self._slots = slots
        # The others are for those who try a link for the first time.
        self._slots_for_repeats = max(1, slots // 2)
        self._links: list[str] = []
        self._repeats = 0
        self._counting = threading.Lock()
        self._pool = ThreadPoolExecutor(at_a_time(slots, processes), "hashing")
        self._free, self._freed = MAX_MEMORY, threading.Condition()

    @property
    def waiting(self) -> int:
        """The number of slots that are taken."""
        return len(self._links)

    @contextmanager
    def slot(self, link: str, *, again: bool = False) -> Iterator[None]:
        """Take a slot for the use of a link, without waiting for one. A link that was tried `again` has fewer of them.

        Raises HashingBusy if all are taken, or InvalidToken if the same link, which works only once, has one of them.
        """
        with self._counting:
            again = again or link in self._links
            if len(self._links) >= self._slots or (again and self._repeats >= self._slots_for_repeats):
                raise InvalidToken if link in self._links else HashingBusy
            self._links.append(link)
            self._repeats += again
        try:
            yield
        finally:
            with self._counting:
                self._links.remove(link)
                self._repeats -= again

    def run(self, work: Callable[[], str], memory: int) -> str:
        """Return what a function returns that computes a hash. memory: MiB that it takes.

        Raises what the function raises, and HashingBusy if others take too long.
        """
        hashing = self._pool.submit(self._within_memory, work, memory)
        try:
            return hashing.result(self._wait_for_hash)
        except TimeoutError:
            if hashing.cancel():
                raise HashingBusy from None
            return hashing.result()

    def _within_memory(self, work: Callable[[], str], memory: int) -> str:
        memory = min(memory, MAX_MEMORY)
        with self._freed:
            self._freed.wait_for(lambda: self._free >= memory)
            self._free -= memory
        try:
            return work()
        finally:
            with self._freed:
                self._free += memory
                self._freed.notify_all()


def at_a_time(slots: int, processes: int = 1) -> int:
    """Return how many passwords a server process hashes at once, at most one for each slot.

    Together the processes leave one core free if there are more cores than processes.
    """
    # The process may be limited to fewer cores than the machine has. macOS does not tell.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(slots, (cores - 1) // processes))
