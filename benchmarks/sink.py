"""A relay in a separate process that accepts every mail and counts them."""

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
    """A running relay."""

    port: int
    _taken: Any

    def count(self) -> int:
        """Return the number of mails accepted so far."""
        return int(self._taken.value)


class _SlowRelay(Relay):
    """A relay that delays each mail by some seconds."""

    def __init__(self, take: Take, delay: float) -> None:
        super().__init__(take)
        self._delay = delay

    async def _mail(self, *session: Any) -> bool:
        await asyncio.sleep(self._delay)
        return await super()._mail(*session)


@contextmanager
def sink(delay: float = 0.0) -> Iterator[Sink]:
    """Start the relay; it delays each mail by `delay` seconds."""
    # Spawned instead of forked, because the parent may have threads.
    context = multiprocessing.get_context("spawn")
    taken, port = context.Value("q", 0), context.Value("i", 0)
    process = context.Process(target=_take_mails, args=(port, taken, delay), daemon=True)
    process.start()
    wait_until(lambda: port.value, "the relay does not start")
    try:
        yield Sink(port.value, taken)
    finally:
        process.terminate()
        process.join(5)


def _take_mails(port: Any, taken: Any, delay: float) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The parent stops it on Ctrl-C.

    def take(_number: int, _message_id: str) -> None:
        taken.value += 1

    relay = _SlowRelay(take, delay) if delay else Relay(take)
    relay.start()
    port.value = relay.port
    threading.Event().wait()
