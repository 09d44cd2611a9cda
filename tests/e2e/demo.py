"""The demo as `make run` starts it, on free ports and with its own data folder."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from base64 import b64encode
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import psutil

from tests.support.hashes import encode
from tests.support.servers import free_port, wait_until

PORTS = ("PORT", "FLOWER_PORT", "INBOX_PORT", "INBOX_SMTP_PORT", "REDIS_PORT")
WELCOMED = "Press Ctrl-C to stop."
METRICS_TOKEN = "e2e-metrics-0123456789"
COMMAND = [sys.executable, "-m", "dev"]
QUICK = [sys.executable, "-m", "tests.support.quick_demo"]


class Demo:
    """A running demo. Tests talk to it over HTTP, and can read its table and its logs."""

    def __init__(self, folder: Path, command: Sequence[str] = COMMAND, **environ: str) -> None:
        self.home = folder / "home"
        self.ports = {name: free_port() for name in PORTS}
        ports = {name: str(port) for name, port in self.ports.items()}
        self.environ = os.environ | ports | {"LATCHKEY_HOME": str(self.home), "LOG_LEVEL": "DEBUG"} | environ
        self._output = (folder / "output").open("w+")
        self.process = subprocess.Popen(
            command, env=self.environ, stdout=self._output, stderr=subprocess.STDOUT, start_new_session=True
        )
        self.cpu_to_start = 0.0

    def _cpu(self) -> float:
        """Return the CPU seconds of the demo and its programs: unlike the time, they hardly depend on other load."""
        found = 0.0
        with suppress(psutil.NoSuchProcess):
            demo = psutil.Process(self.process.pid)
            for program in [demo, *demo.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    times = program.cpu_times()
                    found += times.user + times.system
        return found

    def wait_for(self, words: str) -> None:
        """Wait until the terminal shows these words, and record the CPU seconds that all programs took for it."""
        wait_until(lambda: words in self.output() or self.process.poll() is not None, f"no {words!r}", 60)
        self.cpu_to_start = self._cpu()
        assert self.process.poll() is None, self.output()

    def output(self) -> str:
        return Path(self._output.name).read_text()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(30)
        self._output.close()
        return code

    def url(self, path: str, port: str = "PORT") -> str:
        return f"http://localhost:{self.ports[port]}{path}"

    def post(self, path: str, body: Any) -> tuple[int, bytes, dict[str, str]]:
        return fetch(self.url(path), data=json.dumps(body).encode(), headers={"Content-Type": "application/json"})

    def messages(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(fetch(self.url("/api/messages", "INBOX_PORT"))[1])
        return found

    def wait_for_message(self, address: str, subject: str, number: int = 1, seconds: float = 5) -> dict[str, str]:
        """Wait for `number` such emails, and return the newest."""

        def found() -> list[dict[str, str]]:
            return [mail for mail in self.messages() if mail["to"] == address and subject in mail["subject"]]

        wait_until(lambda: len(found()) >= number, f"{subject}: no mail for {address}", seconds)
        return found()[0]

    def flower(self, path: str) -> str:
        password = re.search(r"user operator, password (\S+)", self.output())
        assert password
        credentials = b64encode(f"operator:{password[1]}".encode()).decode()
        status, body, _ = fetch(self.url(path, "FLOWER_PORT"), headers={"Authorization": f"Basic {credentials}"})
        assert status == 200
        return body.decode()

    def add_user(self, address: str) -> str:
        """Add a user: each test needs its own, because an address has a quota."""
        self._sql(
            "INSERT INTO users (email, password_hash) VALUES (?, ?)", address, encode("an old password", "bcrypt")
        )
        return address

    def stored_hash(self, address: str) -> str:
        return str(self._sql("SELECT password_hash FROM users WHERE email = ?", address)[0][0])

    def _sql(self, statement: str, *values: str) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(self.home / "latchkey.sqlite3", timeout=10)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted((self.home / "logs").iterdir()))


def fetch(
    url: str, data: bytes | None = None, headers: dict[str, str] | None = None, method: str | None = None
) -> tuple[int, bytes, dict[str, str]]:
    request = urllib.request.Request(url, data, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return answer.status, answer.read(), dict(answer.headers)
    except HTTPError as error:
        with error:
            return error.code, error.read(), dict(error.headers)
