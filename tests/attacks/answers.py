"""Answers as a stranger sees them, to the byte, and the accounts that they must not tell apart."""

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.attacks.client import Answer
from tests.attacks.target import Target

# Of one length: an answer that repeated them would differ in nothing else.
KNOWN, UNKNOWN = "known@example.com", "other@example.com"
PASSWORDLESS = {"null@example.com": None, "void@example.com": "", "none@example.com": "!x"}
TWINS = ["Twins@example.com", "twins@example.com"]
# What is typed, and how often it was asked for before.
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
# Each request has its own, of this shape and no other.
OWN = [(rb"\r\nx-request-id: [0-9a-f]{16}\r\n", b"\r\nx-request-id: ID\r\n"), (rb"\r\ndate: [^\r]{29}\r\n", b"\r\n")]


def bare(target: Target, path: str, body: bytes | dict[str, Any] = b"", *lines: str, method: str = "POST") -> bytes:
    """Return an answer to the byte, in its order and case, less its id and date."""
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
    """Return the last answer for each kind of address."""
    return {kind: [forgot(target, address) for _ in range(before + 1)][-1] for kind, (address, before) in KINDS.items()}


def without_seconds(answer: Answer) -> tuple[Any, ...]:
    """Return all but what is a request's own; the seconds to wait are compared apart."""
    kept = {name: value for name, value in answer.headers.items() if name not in {"x-request-id", "date"}}
    return answer.status, answer.body, kept | ({"retry-after": ""} if "retry-after" in kept else {})


def alike(known: list[Answer], unknown: list[Answer]) -> bool:
    """Tell whether two series of answers are the same, give or take a second to wait."""
    waits = [[int(answer.headers.get("retry-after", 0)) for answer in answers] for answers in (known, unknown)]
    near = all(abs(one - other) <= 1 for one, other in zip(*waits, strict=True))
    return near and list(map(without_seconds, known)) == list(map(without_seconds, unknown))


@contextmanager
def stopped(pids: list[int]) -> Iterator[None]:
    """Freeze processes for a while."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
