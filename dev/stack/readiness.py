"""Waits until the parts of the demo are ready."""

import socket
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

from dev.errors import DemoError

PROBE_TIMEOUT = 0.5
POLL_INTERVAL = 0.05
"""Seconds."""

Probes = Mapping[str, Callable[[], bool]]
"""The names of the parts to wait for, each with a function that tells whether it is ready."""


class NotAnswering(DemoError):
    """Some parts are running but were not ready in time."""

    def __init__(self, names: list[str], seconds: float) -> None:
        self.names = names
        super().__init__(f"No answer after {seconds:g} seconds from: {', '.join(names)}.")


def wait_for_answers(probes: Probes, *, check: Callable[[], None], seconds: float) -> None:
    """Wait until each probe has succeeded once, and call `check` between the rounds.

    Raises NotAnswering, and whatever `check` raises.
    """
    deadline = time.monotonic() + seconds
    waiting = dict(probes)
    while True:
        check()
        waiting = {name: answers for name, answers in waiting.items() if not answers()}
        if not waiting:
            return
        if time.monotonic() > deadline:
            raise NotAnswering(list(waiting), seconds)
        time.sleep(POLL_INTERVAL)


def redis_answers(port: int, command: str, reply: str) -> bool:
    """Tell whether a Redis server gives this reply; while it loads its data, it replies with an error."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PROBE_TIMEOUT) as connection:
            connection.sendall(f"{command}\r\n".encode())
            return connection.recv(64).startswith(reply.encode())
    except OSError:
        return False


def page_answers(port: int, path: str, *, status: int) -> bool:
    """Tell whether a page on this machine responds with the status."""
    # Ignore the shell's proxy, which cannot reach this machine's ports.
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}{path}", timeout=PROBE_TIMEOUT) as response:
            return bool(response.status == status)
    except HTTPError as error:
        error.close()
        return error.code == status
    except (OSError, HTTPException):
        return False
