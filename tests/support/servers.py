"""The real servers that tests talk to: Redis, PostgreSQL and an SMTP relay, each on a free loopback port."""

import email.policy
import logging
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any, Self

import redis
from aiosmtpd.controller import Controller

from dev.stack.redis_server import redis_command

_GIVEN_PORTS: set[int] = set()


def free_port() -> int:
    """Return a free port that was not returned before, because the system sometimes hands one out twice."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in _GIVEN_PORTS:
            _GIVEN_PORTS.add(port)
            return port


class RedisServer:
    """A private Redis that can be stopped, killed, frozen and restarted with the same port and data."""

    def __init__(self, folder: Path, *options: str, password: str = "") -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.password = password or None
        self._options = options
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [*redis_command(self.port, self._folder), *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.answers, "Redis did not start")

    def answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def client(self, db: int = 0) -> redis.Redis:
        return redis.Redis(port=self.port, password=self.password, db=db, socket_timeout=1, decode_responses=True)

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.send(number)
        assert self._process is not None
        self._process.wait(10)


@dataclass
class Relay:
    """An SMTP relay that keeps every email, and can be told to answer differently."""

    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    answer_to_data: str = "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.answer_to_data.startswith("250"):
            message = BytesParser(policy=email.policy.default).parsebytes(envelope.content)
            assert isinstance(message, EmailMessage)
            self.mails.append((envelope.rcpt_tos, message))
        return self.answer_to_data

    def empty(self) -> None:
        """Delete all emails, and accept new ones again."""
        self.mails, self.answer_to_data = [], "250 OK"

    def subjects(self) -> list[str]:
        return [str(message["Subject"]) for _, message in self.mails]

    def recipients(self) -> list[str]:
        return [address for addresses, _ in self.mails for address in addresses]


class RelayServer:
    """The relay, listening on a port."""

    def __init__(self) -> None:
        self.relay = Relay()
        # The relay's own log is irrelevant to the tests.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        self._controller = Controller(self.relay, hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=True)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def port(self) -> int:
        return int(self._controller.port)


def wait_until(condition: Any, complaint: str, seconds: float = 10.0) -> None:
    """Poll until a condition that another process fulfils is true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(complaint)
        time.sleep(0.02)


def is_ci() -> bool:
    return os.environ.get("CI", "").lower() == "true"
