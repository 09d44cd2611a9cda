"""What a relay, a database or an earlier version left in Redis cannot command the operator's terminal."""

import json
import os
import subprocess
import sys
import time

import pytest

from shared.addresses import hash_address
from shared.outbox.jobs import hash_keys
from shared.redis_keys import Key
from tests.support.service import Service
from tests.support.worker_commands import ADDRESS

pytestmark = pytest.mark.slow

# The title, a link of other words, the screen, the cursor, colours, the same in C1, a device's answer, marks of
# direction, and lines of their own.
COMMANDS = [
    *("\x1b]0;title\x07", "\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\", "\x1b[2J\x1b[H", "\x1b[1A", "\r"),
    *("\x9b31m", "\x9d8;;https://evil.example\x9chere", "\x90$q\x9c", "\x1bP+q\x1b\\", "\x7f", "\x00", "\b", "\x85"),
    *("\u202ereversed", "\u2066\u2069", "\u200b", "\ufeff", "\u2028", "\U000e0041"),
    "\n2026-01-01 00:00:00 UTC  forged",
]


def printed(service: Service, *arguments: str, **environ: str) -> str:
    """Return what the real program printed, in both streams, as the terminal got it."""
    command = [sys.executable, "-m", "worker", *arguments]
    settings = os.environ | service.environ | environ
    ended = subprocess.run(
        command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60
    )
    assert b"Traceback" not in ended.stdout, ended.stdout
    return ended.stdout.decode()


def in_history(service: Service, *lines: str | bytes) -> None:
    (hashed,) = [hash_address(ADDRESS, key) for key in hash_keys(service.settings)]
    service.redis.rpush(f"{Key.HISTORY}{hashed}", *lines)


def is_plain(output: str) -> bool:
    return all(line.isprintable() for line in output.split("\n"))


def test_trace_prints_one_plain_line_for_each_event(service: Service) -> None:
    now = f"{time.time() * 1e6:.0f}"
    in_history(service, *(f"{now} {'a' * 32} delayed 451 {each}" for each in COMMANDS))

    text, as_json = printed(service, "trace", ADDRESS), printed(service, "trace", ADDRESS, "--json")

    assert is_plain(text)
    assert len(text.splitlines()) == len(COMMANDS)
    assert is_plain(as_json)
    assert [event["detail"] for event in json.loads(as_json)] == [f"451 {each}" for each in COMMANDS]


def test_trace_shows_what_it_can_read_of_a_damaged_history(service: Service) -> None:
    now = f"{time.time() * 1e6:.0f}"
    damaged = [
        "",
        "x",
        f"{now} {'b' * 32}",
        f"never {'b' * 32} mailed_reset \x1b[2J",
        f"{'9' * 30} {'b' * 32} delayed \x1b[2J",
    ]
    in_history(service, *damaged, f"{now} {'a' * 32} delayed ".encode() + b"451 \x9b2J\xff", f"{now} \x1b[2J \x9b31m ")

    output = printed(service, "trace", ADDRESS)

    assert is_plain(output)
    assert len(output.splitlines()) == 2
    assert "451 \\x9b2J\\xff" in output


def test_the_other_commands_print_plain_lines(service: Service) -> None:
    service.add_user(ADDRESS)
    service.relay.answer_to_data = "550 5.1.1 no such user"
    service.forgot(ADDRESS)
    service.work()
    ((identity, text),) = service.redis.hgetall(Key.DEAD).items()
    letter = json.loads(text)
    odd = json.dumps(json.loads(letter["entry"]) | {"kind": "\x1b[2J", "address_hash": "\x9b31m"})
    service.redis.hset(Key.DEAD, identity, json.dumps({"entry": odd, "reason": "550 " + "".join(COMMANDS)}))

    outputs = [printed(service, *arguments) for arguments in (["dead"], ["dead", "--json"], ["pending"])]

    assert [output for output in outputs if not is_plain(output)] == []
    assert len(outputs[0].splitlines()) == 2


def test_settings_that_are_refused_are_printed_plainly(service: Service) -> None:
    output = printed(
        service, "pending", **{"REDIS_\x1b[2JURL": "x", "USERS_\x1b]0;title\x07": "x", "REDIS_URL": "\x1b[2J"}
    )

    assert "REDIS_URL" in output
    assert is_plain(output)
