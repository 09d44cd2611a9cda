"""The inbox as a separate program."""

import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import pytest

from dev.stack.readiness import page_answers
from tests.support.servers import free_port, wait_until

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[3]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_program_receives_mail_and_exits_quickly_and_silently(number: signal.Signals) -> None:
    port, smtp_port = free_port(), free_port()
    environ = {**os.environ, "INBOX_PORT": str(port), "INBOX_SMTP_PORT": str(smtp_port), "HOST": "0.0.0.0"}  # noqa: S104 - the inbox must ignore it
    command = [sys.executable, "-m", "dev.site.inbox"]
    with subprocess.Popen(
        command, cwd=PROJECT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as program:
        wait_until(partial(page_answers, port, "/", status=200), "The inbox does not start")
        with smtplib.SMTP("127.0.0.1", smtp_port, timeout=5) as connection:
            mail = "Subject: Over the wire\r\n\r\ntext"
            connection.sendmail("no-reply@example.com", "demo@example.com", mail)
            messages = urlopen(f"http://127.0.0.1:{port}/api/messages", timeout=5).read()
            asked_at = time.monotonic()
            # The SMTP connection is still open, as the worker's would be.
            program.send_signal(number)
            said, _ = program.communicate(timeout=10)
            took = time.monotonic() - asked_at
            with suppress(smtplib.SMTPServerDisconnected):
                connection.noop()

    assert b"Over the wire" in messages
    assert (program.returncode, said) == (0, "")
    assert took < 2


def test_a_taken_port_is_reported_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        environ = {**os.environ, "INBOX_PORT": str(port), "INBOX_SMTP_PORT": str(free_port())}
        environ.pop("REDIS_SERVER", None)  # It would appear in the output.
        program = subprocess.run(
            [sys.executable, "-m", "dev.site.inbox"],
            cwd=PROJECT,
            env=environ,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )

    assert program.returncode == 1
    assert program.stderr.startswith(f"Port {port} is taken. Choose another: INBOX_PORT=")
