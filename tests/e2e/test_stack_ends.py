"""`make run` as a whole: how it ends. Each test has a stack of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from dev.ports import DEFAULT_PORTS, taken_ports
from tests.servers import free_port

pytestmark = pytest.mark.e2e
PROJECT = Path(__file__).parents[2]


class Stack:
    def __init__(self, home: Path) -> None:
        self.ports = {name: free_port() for name in DEFAULT_PORTS}
        environ = {**os.environ, **{name: str(port) for name, port in self.ports.items()}, "LATCHKEY_HOME": str(home)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dev"],
            cwd=PROJECT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def said_until(self, words: str) -> str:
        assert self.process.stdout
        said = ""
        for line in self.process.stdout:
            said += line
            if words in line:
                return said
        pytest.fail(f"The stack ended and said:\n{said}")

    def said_at_its_end(self) -> str:
        return self.process.communicate(timeout=15)[0]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path / "home")
    yield stack
    if stack.process.poll() is None:
        stack.process.terminate()
        stack.process.communicate(timeout=15)


def test_the_stack_comes_up_within_ten_seconds_and_ends_on_ctrl_c(stack: Stack) -> None:
    started_at = time.monotonic()
    said = stack.said_until("Ctrl-C stops everything.")
    up_after = time.monotonic() - started_at

    os.killpg(stack.process.pid, signal.SIGINT)
    asked_at = time.monotonic()
    said_at_end = stack.said_at_its_end()

    assert up_after < 10
    assert f"http://localhost:{stack.ports['PORT']}/forgot-password\n" in said
    assert "degraded" not in said + said_at_end
    assert stack.process.returncode == 0
    assert "Traceback" not in said_at_end
    assert time.monotonic() - asked_at < 7
    assert taken_ports(stack.ports) == []


def test_sigterm_in_the_middle_of_the_start_ends_everything(stack: Stack) -> None:
    stack.said_until("Starting")
    time.sleep(0.5)

    stack.process.terminate()

    assert "Traceback" not in stack.said_at_its_end()
    assert stack.process.returncode == 0
    assert taken_ports(stack.ports) == []


def test_if_one_part_dies_the_stack_says_which_and_ends_the_rest(stack: Stack) -> None:
    stack.said_until("Ctrl-C stops everything.")
    with redis.Redis(port=stack.ports["REDIS_PORT"]) as client:
        os.kill(client.info("server")["process_id"], signal.SIGKILL)

    said = stack.said_at_its_end()

    assert "The part `redis` was killed by signal 9" in said
    assert stack.process.returncode == 1
    assert taken_ports(stack.ports) == []
