"""The server replaces a process that dies, without disturbing the others."""

import json
import os
import re
import signal

import pytest

from tests.e2e.demo import METRICS_TOKEN, Demo, fetch
from tests.support.servers import wait_until


def answers(demo: Demo) -> bool:
    try:
        return fetch(demo.url("/healthz"))[0] == 200
    except OSError:
        return False


def test_a_server_process_that_is_killed_is_replaced(demo: Demo) -> None:
    processes = re.findall(r"PID: (\d+)", (demo.home / "logs" / "api.log").read_text())
    assert processes

    os.kill(int(processes[-1]), signal.SIGKILL)

    wait_until(lambda: answers(demo), "the API does not recover")
    assert demo.process.poll() is None


@pytest.mark.parametrize("program", ["api", "worker"])
def test_every_line_of_the_log_is_json_and_names_its_program(demo: Demo, program: str) -> None:
    lines = (demo.home / "logs" / f"{program}.log").read_text().splitlines()

    assert {json.loads(line)["program"] for line in lines if line} == {program}


def test_only_the_metrics_token_of_the_shell_opens_the_metrics(demo: Demo) -> None:
    shown = fetch(demo.url("/metrics"), headers={"Authorization": f"Bearer {METRICS_TOKEN}"})

    assert shown[0] == 200
    assert b"latchkey_worker_alive 1.0" in shown[1]
    assert fetch(demo.url("/metrics"))[0] == 404
