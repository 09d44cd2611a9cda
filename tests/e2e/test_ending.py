"""How the demo ends: as a whole, whatever ends it, and it says why."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.e2e.demo import COMMAND, PORTS, Demo
from tests.servers import free_port, wait_until


@pytest.fixture
def own_demo(tmp_path: Path) -> Iterator[Demo]:
    running = Demo(tmp_path)
    yield running
    running.stop()


def processes_of(demo: Demo) -> list[int]:
    """List the processes that have the demo's data folder in their environment."""
    mark = f"LATCHKEY_HOME={demo.home}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes() and b"Z" not in (folder / "stat").read_bytes().split()[2]:
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def nothing_left(demo: Demo) -> bool:
    for port in demo.ports.values():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return not Path("/proc/self/environ").exists() or processes_of(demo) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything(own_demo: Demo, number: signal.Signals) -> None:
    assert own_demo.stop(number) == 0

    wait_until(lambda: nothing_left(own_demo), "something is left")
    assert "Traceback" not in own_demo.output()


def test_a_part_that_dies_is_named_and_the_rest_is_ended(own_demo: Demo) -> None:
    with redis.Redis(port=own_demo.ports["REDIS_PORT"]) as client:
        client.shutdown(now=True, force=True)

    code = own_demo.process.wait(30)

    assert code == 1
    assert "redis" in own_demo.output().split("Ctrl-C stops everything.")[1]
    wait_until(lambda: nothing_left(own_demo), "something is left")


def test_a_taken_port_is_one_sentence_before_anything_has_started(tmp_path: Path) -> None:
    ports = {name: str(free_port()) for name in PORTS}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(ports["INBOX_PORT"])))
        taken.listen()
        environ = os.environ | ports | {"LATCHKEY_HOME": str(tmp_path / "home")}
        ended = subprocess.run(COMMAND, env=environ, capture_output=True, text=True, check=False, timeout=30)

    assert ended.returncode == 1
    assert f"Port {ports['INBOX_PORT']} is taken" in ended.stderr
    assert "INBOX_PORT=" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "home" / "redis").exists()
