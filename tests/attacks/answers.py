"""Responses as an outsider sees them, byte for byte, and the kinds of account that they must not reveal."""

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.attacks.client import Answer
from tests.attacks.target import Target

# Equally long, so a response that echoed the address would have the same length for both.
KNOWN, UNKNOWN = "known@example.com", "other@example.com"
PASSWORDLESS = {"null@example.com": None, "void@example.com": "", "none@example.com": "!x"}
TWINS = ["Twins@example.com", "twins@example.com"]
# For each kind: the address to submit, and how many requests for it came before.
KINDS = {
    "unknown": (UNKNOWN, 0),
    "active": (KNOWN, 0),
    "inactive": ("quiet@example.com", 0),
    "hash NULL": ("null@example.com", 0),
    "hash empty": ("void@example.com", 0),
    "hash unusable": ("none@example.com", 0),
    "two rows": (TWINS[0], 0),
    "just asked": ("again@example.com", 1),
    "over its quota": ("often@example.com", 4),
    "unknown and just asked": ("ghost@example.com", 1),
    "unknown and over its quota": ("ghosts@example.com", 4),
}
FORGOT, RESET, CHECK = "/forgot-password", "/reset-password", "/reset-password/check"
JSON = "Content-Type: application/json"
# These differ for every request, but always have this shape.
OWN = [
    (rb"\r\nx-request-id: api:[0-9a-f]{16}\r\n", b"\r\nx-request-id: ID\r\n"),
    (rb"\r\ndate: [^\r]{29}\r\n", b"\r\n"),
]


def bare(target: Target, path: str, body: bytes | dict[str, Any] = b"", *lines: str, method: str = "POST") -> bytes:
    """Return a response byte for byte, header order and case included, without its request id and date."""
    sent = json.dumps(body).encode() if isinstance(body, dict) else body
    head = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", f"Content-Length: {len(sent)}", *lines]
    received = target.send("\r\n".join(head).encode() + b"\r\n\r\n" + sent)
    for own, instead in OWN:
        received = re.sub(own, instead, received)
    return received


def forgot(target: Target, address: str, *lines: str) -> bytes:
    return bare(target, FORGOT, {"email": address}, JSON, *lines)


def populate(target: Target) -> None:
    """Add one account of each kind."""
    for address in (KNOWN, "again@example.com", "often@example.com", *TWINS):
        target.add_user(address)
    target.add_user("quiet@example.com", active=False)
    for address, stored in PASSWORDLESS.items():
        target.add_user(address)
        target.sql("UPDATE users SET password_hash = :stored WHERE email = :email", stored=stored, email=address)


def ask_for_each_kind(target: Target) -> dict[str, bytes]:
    """Return the last response for each kind of address."""
    return {kind: [forgot(target, address) for _ in range(before + 1)][-1] for kind, (address, before) in KINDS.items()}


def without_seconds(answer: Answer) -> tuple[Any, ...]:
    """Return everything that is not unique to a request; the seconds to wait are compared separately."""
    kept = {name: value for name, value in answer.headers.items() if name not in {"x-request-id", "date"}}
    return answer.status, answer.body, kept | ({"retry-after": ""} if "retry-after" in kept else {})


def alike(known: list[Answer], unknown: list[Answer]) -> bool:
    """Return whether two series of responses are the same, allowing a second's difference in Retry-After."""
    waits = [[int(answer.headers.get("retry-after", 0)) for answer in answers] for answers in (known, unknown)]
    near = all(abs(one - other) <= 1 for one, other in zip(*waits, strict=True))
    return near and list(map(without_seconds, known)) == list(map(without_seconds, unknown))


@contextmanager
def stopped(pids: list[int]) -> Iterator[None]:
    """Pause processes with SIGSTOP until the end of the block."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
