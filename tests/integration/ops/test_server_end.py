"""The API ends soon after it was asked to, even while it starts."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tests.support.servers import free_port, wait_until
from tests.support.service import Service

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_api_that_is_asked_to_end_while_it_starts_ends_at_once(service: Service, number: signal.Signals) -> None:
    environ = os.environ | service.environ | {"PORT": str(free_port())}
    process = subprocess.Popen([sys.executable, "-m", "api"], env=environ, stderr=subprocess.PIPE)
    wait_until(lambda: psutil.Process(process.pid).children(), "no server process", 20)
    # It has begun to import the app, which takes longer.
    time.sleep(0.1)

    process.send_signal(number)
    _, errors = process.communicate(timeout=6)

    assert process.returncode == 0
    assert b"Killing" not in errors
    assert b"Traceback" not in errors
