"""Every line of a worker is JSON, until its end, and names hosts."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shared.redis_keys import Key
from tests.support.servers import wait_until
from tests.support.service import Service

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_an_ending_worker_writes_nothing_but_json(service: Service, tmp_path: Path, number: signal.Signals) -> None:
    with (tmp_path / "log").open("wb") as log:
        environ = os.environ | service.environ | {"WORKER_STATE_PATH": str(tmp_path / "state.json")}
        process = subprocess.Popen([sys.executable, "-m", "worker"], env=environ, stdout=log, stderr=log)
        wait_until(lambda: service.redis.exists(Key.HEARTBEAT), "the worker does not start", 20)
        process.send_signal(number)
        process.wait(20)

    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    events = [line["event"] for line in lines]
    assert any("redis://" in event and "127.0.0.1" in event for event in events)
    assert not any("[address]" in event for event in events)
    assert {line["program"] for line in lines} == {"worker"}
    assert not (tmp_path / "state.json").exists()
