"""The API ends soon after it was asked to, even while it starts."""

import os
import signal
import socket
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


def test_a_request_at_hand_is_answered_and_a_new_connection_refused(service: Service) -> None:
    port, body = free_port(), b'{"email": "anna@example.com"}'
    environ = os.environ | service.environ | {"PORT": str(port)}
    with subprocess.Popen([sys.executable, "-m", "api"], env=environ, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: answers(port), "the API does not start", 20)
        with socket.create_connection(("127.0.0.1", port), 10) as client:
            head = b"POST /forgot-password HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            head += b"Content-Length: %d\r\n\r\n"
            client.sendall(head % len(body) + body[:5])
            time.sleep(0.3)
            process.terminate()
            wait_until(lambda: not accepts(port), "new connections are accepted")
            client.sendall(body[5:])
            answer = client.recv(100)

    assert answer.startswith(b"HTTP/1.1 202")
    assert process.returncode == 0


def accepts(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            return client.recv(100).startswith(b"HTTP/1.1 200")
    except OSError:
        return False
