"""The relay that takes every mail at once, in a process of its own, and counts."""

import asyncio
import multiprocessing
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.faults.relay import Relay, Take
from tests.support.servers import wait_until


@dataclass
class Sink:
    """The relay that takes every mail at once, in a process of its own."""

    port: int
    _taken: Any

    def count(self) -> int:
        """Count the mails it took."""
        return int(self._taken.value)


class _SlowRelay(Relay):
    """A relay that thinks for so many seconds about each mail."""

    def __init__(self, take: Take, delay: float) -> None:
        super().__init__(take)
        self._delay = delay

    async def _mail(self, *session: Any) -> bool:
        await asyncio.sleep(self._delay)
        return await super()._mail(*session)


@contextmanager
def sink(delay: float = 0.0) -> Iterator[Sink]:
    """Start the relay; it may think for some seconds about each mail."""
    # Not forked: who starts it may have threads.
    context = multiprocessing.get_context("spawn")
    taken, port = context.Value("q", 0), context.Value("i", 0)
    process = context.Process(target=_take_mails, args=(port, taken, delay), daemon=True)
    process.start()
    wait_until(lambda: port.value, "the relay does not come up")
    try:
        yield Sink(port.value, taken)
    finally:
        process.terminate()
        process.join(5)


def _take_mails(port: Any, taken: Any, delay: float) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches it too, and its parent ends it.

    def take(_number: int, _message_id: str) -> None:
        taken.value += 1

    relay = _SlowRelay(take, delay) if delay else Relay(take)
    relay.start()
    port.value = relay.port
    threading.Event().wait()
