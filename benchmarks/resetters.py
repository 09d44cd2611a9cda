"""Clients that keep setting passwords, in a separate process; each uses valid links for its own users."""

import json
import multiprocessing
import secrets
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import heappop, heappush
from multiprocessing.connection import Connection as Pipe

import psycopg

from benchmarks.load import Connection, post
from shared.tokens import Tokens
from tests.support.service import SECRET

CLIENTS = 50
TICK = 0.02  # Seconds.
SPREAD = {True: 5.0, False: 0.5}  # Seconds, by patience, over which the clients start: people do not act in lockstep.
_AGE = 1800  # Lifetime of a link in seconds.


@dataclass
class Resets:
    """The clients' results: responses by status, seconds of each password change and each refusal, and in total."""

    seconds: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    set: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)

    def note(self, status: int, seconds: float) -> None:
        """Record a response."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if status == 200:  # noqa: PLR2004 - a well-known status
            self.set.append(seconds)
        else:
            self.refused.append(seconds)


def links(database_url: str, number: int) -> list[bytes]:
    """Build this many requests to set a password, each with a valid link for a different user."""
    tokens, password = Tokens([SECRET], _AGE), f"set in a benchmark: {secrets.token_hex(8)}"
    query = "SELECT id, password_hash, email FROM users ORDER BY id DESC LIMIT %s"
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(query, (number,)).fetchall()
    return [_request(tokens.issue(str(identity), stored, address), password) for identity, stored, address in rows]


def _request(token: str, password: str) -> bytes:
    return post("/reset-password", json.dumps({"token": token, "password": password}).encode())


@contextmanager
def setting_passwords(port: int, requests: list[bytes], *, patient: bool) -> Iterator[Resets]:
    """Run all clients in the background, and fill in their results at the end.

    A client that gets 503 tries the same link again: patient clients after Retry-After, the others immediately.
    """
    resets = Resets()
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_run, args=(port, requests, patient, theirs))
    process.start()
    # Close this copy, so that `recv` raises EOFError if the process dies.
    theirs.close()
    try:
        time.sleep(SPREAD[patient])
        yield resets
        ours.send("enough")
        vars(resets).update(vars(ours.recv()))
    finally:
        process.terminate()
        process.join(5)


def _run(port: int, requests: list[bytes], patient: bool, pipe: Pipe) -> None:  # noqa: FBT001 - called by Process
    clients = _Clients(port, requests, patient=patient)
    while not pipe.poll():
        clients.go_on()
    pipe.send(clients.end())


class _Clients:
    """The clients; each repeats its request, over a new connection each time, until it is no longer refused."""

    def __init__(self, port: int, requests: list[bytes], *, patient: bool) -> None:
        self._port = port
        self._fresh = iter(requests)
        self._patient = patient
        self._begun = time.perf_counter()
        self._resets = Resets()
        self._busy: dict[Connection, bytes] = {}
        # The idle clients: when to send their next request, and the request.
        gap = SPREAD[patient] / CLIENTS
        self._due = [(self._begun + gap * number, next(self._fresh)) for number in range(CLIENTS)]

    def go_on(self) -> None:
        """Send the requests that are due, and read the responses that have arrived."""
        now = time.perf_counter()
        while self._due and self._due[0][0] <= now:
            _, request = heappop(self._due)
            connection = Connection(self._port)
            connection.send(request, now)
            self._busy[connection] = request
        for connection in select.select(list(self._busy), [], [], TICK)[0]:
            if (status := connection.receive()) is not None:
                connection.socket.close()
                self._answered(connection, status)

    def end(self) -> Resets:
        """Return the results, without the requests that are still in flight."""
        self._resets.seconds = time.perf_counter() - self._begun
        return self._resets

    def _answered(self, connection: Connection, status: int) -> None:
        now = time.perf_counter()
        self._resets.note(status, now - connection.since)
        request = self._busy.pop(connection)
        if status == 503:  # noqa: PLR2004 - a well-known status
            wait = connection.retry_after if self._patient else 0.0
        else:
            request, wait = next(self._fresh), 0.0
        heappush(self._due, (now + wait, request))
