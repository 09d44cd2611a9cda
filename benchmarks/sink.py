"""A relay in a separate process that accepts every mail, counts them, and notes when each arrived."""

import asyncio
import multiprocessing
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.relay import Relay, Take
from tests.support.servers import wait_until

_ANSWER = "250 2.0.0 Ok: queued as 4ZbQ3k6Xz1z9sTk"  # As long as that of a real relay, which the history keeps.


@dataclass
class Sink:
    """A running relay."""

    port: int
    _taken: Any
    _notes: Path | None = None

    def count(self) -> int:
        """Return the number of mails accepted so far."""
        return int(self._taken.value)

    def arrivals(self) -> dict[str, float]:
        """Return when the first mail to each address arrived, by `time.perf_counter`, whose clock all processes share.

        Only a relay that takes notes knows.
        """
        assert self._notes is not None
        first = dict[str, float]()
        for line in self._notes.read_text().splitlines():
            address, _, at = line.partition(" ")
            first.setdefault(address, float(at))
        return first


class _SlowRelay(Relay):
    """A relay that delays each mail by some seconds."""

    def __init__(self, take: Take, delay: float) -> None:
        super().__init__(take)
        self._delay = delay

    async def _mail(self, *session: Any) -> bool:
        await asyncio.sleep(self._delay)
        return await super()._mail(*session)


@contextmanager
def sink(delay: float = 0.0, notes: Path | None = None) -> Iterator[Sink]:
    """Start the relay; it delays each mail by `delay` seconds, but no other connection meanwhile.

    notes: the file for the address and the time of each mail.
    """
    if notes:
        notes.touch()
    # Spawned instead of forked, because the parent may have threads.
    context = multiprocessing.get_context("spawn")
    taken, port = context.Value("q", 0), context.Value("i", 0)
    process = context.Process(target=_take_mails, args=(port, taken, delay, notes), daemon=True)
    process.start()
    wait_until(lambda: port.value, "the relay does not start")
    try:
        yield Sink(port.value, taken, notes)
    finally:
        process.terminate()
        process.join(5)


def _take_mails(port: Any, taken: Any, delay: float, notes: Path | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The parent stops it on Ctrl-C.

    def take(number: int, _message_id: str) -> None:
        taken.value += 1
        if notes:
            with notes.open("a") as file:
                file.write(f"u{number}@example.com {time.perf_counter()}\n")

    relay = _SlowRelay(take, delay) if delay else Relay(take)
    relay.answer_to_mail = _ANSWER
    relay.start()
    port.value = relay.port
    threading.Event().wait()
