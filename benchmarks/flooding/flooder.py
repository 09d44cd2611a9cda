"""The flood: a process that requests links for addresses that nobody has, and keeps within the limit of each client."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from benchmarks.channels.addresses import request_for
from benchmarks.load import run

CLIENTS = 65_536  # The networks of 64 bits in one of 48 bits: at 30 a minute each, 32,768 requests a second.


@dataclass(frozen=True)
class Flooded:
    """The answers to the flood: their number by status, and the seconds that it lasted."""

    statuses: dict[int, int]
    seconds: float


@contextmanager
def flooding(port: int, networks: int, seconds: float) -> Iterator[Future[Flooded]]:
    """Start the flood from this many networks of 48 bits; the block may wait for its end."""
    # Spawned instead of forked, because the parent has threads.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        yield process.submit(_flood, port, networks, seconds)


def _flood(port: int, networks: int, seconds: float) -> Flooded:
    answers = run(port, requests(networks), seconds)
    return Flooded(answers.statuses, answers.seconds)


def requests(networks: int) -> Iterator[bytes]:
    """Yield requests from one network after the other, and in each from one client after the other, without end."""
    for number in count():
        client = number // networks % CLIENTS
        forwarded = f"X-Forwarded-For: 2001:db8:{number % networks:x}:{client:x}::1"
        yield request_for(f"x{number}@example.com", forwarded.encode())
