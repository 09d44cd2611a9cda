"""An open-loop load: requests at a steady rate, whether or not they are answered."""

import itertools
import json
import threading
import time
from http.client import HTTPConnection, HTTPException
from typing import Self

from tests.faults.ledger import Ledger

THREADS = 32  # The number of requests that can wait for an answer before the rate drops.
TIMEOUT = 10.0  # Seconds.


class Load:
    """Asks for links, each time for another user."""

    def __init__(self, port: int, rate: float, ledger: Ledger) -> None:
        self._port = port
        self.rate = rate
        self._ledger = ledger
        self._numbers = itertools.count()
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask_on, name="load", daemon=True) for _ in range(THREADS)]
        self.begun = self.over = 0.0

    def __enter__(self) -> Self:
        self.begun = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop after the last requests are answered; may be called twice."""
        self._ended.set()
        for thread in self._threads:
            thread.join(TIMEOUT + 1)
        self.over = self.over or time.monotonic()

    def _ask_on(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)
        while True:
            number = next(self._numbers)
            if self._ended.wait(max(0.0, self.begun + number / self.rate - time.monotonic())):
                break
            self._ledger.sent[number] = time.monotonic()
            self._ledger.answer(number, _ask(connection, number))
        connection.close()


def _ask(connection: HTTPConnection, number: int) -> int:
    """Return the status of the answer, or 0 if there was none."""
    body = json.dumps({"email": f"u{number}@example.com"})
    try:
        connection.request("POST", "/forgot-password", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException):
        # The next request opens a new connection.
        connection.close()
        return 0
    return answer.status
