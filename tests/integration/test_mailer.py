import asyncio
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from flask import Flask
from flask_mail import BadHeaderError, Mail, Message

import worker.mailer
from tests.conftest import missing
from tests.servers import free_port
from worker.mailer import MailFailed, Mailer, MisconfiguredRelay, PermanentFailure, Relay, TransientFailure

ADDRESS = "ada@example.com"
LOGIN = {"MAIL_USERNAME": "latchkey", "MAIL_PASSWORD": "hunter2"}


@dataclass
class Script:
    """What a relay answers other than `250 OK`, and what it has seen."""

    answers: dict[str, str] = field(default_factory=dict)
    mails: list[Any] = field(default_factory=list)
    sessions: dict[Any, Any] = field(default_factory=dict)
    quits: int = 0
    drops_at_quit: bool = False

    async def handle_EHLO(self, server: Any, session: Any, *rest: Any) -> Any:  # noqa: N802 - aiosmtpd's name
        session.host_name = rest[1]
        self.sessions[session.peer] = server
        return rest[2]

    async def handle_MAIL(self, *arguments: Any) -> str:  # noqa: N802 - aiosmtpd's name
        arguments[2].mail_from = arguments[3]
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, *arguments: Any) -> str:  # noqa: N802 - aiosmtpd's name
        arguments[2].rcpt_tos.append(arguments[3])
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, *arguments: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if "DATA" not in self.answers:
            self.mails.append(arguments[2])
        return self.answers.get("DATA", "250 OK")

    async def handle_QUIT(self, server: Any, *_: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.quits += 1
        if self.drops_at_quit:
            server.transport.abort()
        return "221 Bye"

    async def hang_up(self) -> None:
        for server in self.sessions.values():
            server.transport.close()
        await asyncio.sleep(0)


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


Start = Callable[..., Controller]
SetUp = Callable[..., Mailer]


@pytest.fixture
def start(cleanup: ExitStack) -> Start:
    """Start a relay that follows a script."""

    def start(script: Script, **options: Any) -> Controller:
        controller = Controller(script, hostname="127.0.0.1", port=free_port(), **options)
        controller.start()
        cleanup.callback(controller.stop)
        return controller

    return start


@pytest.fixture
def set_up(cleanup: ExitStack) -> SetUp:
    """Set a mailer up for a port of this machine, with Flask-Mail's settings beside it."""

    def set_up(port: int, context: ssl.SSLContext | None = None, **config: Any) -> Mailer:
        app = Flask("worker")
        app.config.update({"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": port, "MAIL_SUPPRESS_SEND": False} | config)
        Mail(app)
        cleanup.enter_context(app.app_context())
        mailer = Mailer(app, Relay(1, context or ssl.create_default_context()))
        cleanup.callback(mailer.close)
        return mailer

    return set_up


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody has signed, and its key."""
    if not shutil.which("openssl"):
        missing("openssl is not on the PATH")
    folder = tmp_path_factory.mktemp("certificate")
    files = folder / "certificate.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=relay"
    command += f" -addext subjectAltName=IP:127.0.0.1 -out {files[0]} -keyout {files[1]}"
    subprocess.run(command.split(), check=True, capture_output=True)
    return files


def encrypted(certificate: tuple[Path, Path], first_byte: bool) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: FBT001 - a parameter of the tests
    """Return a relay's options and a mailer's settings for TLS, from the first byte or by STARTTLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    if first_byte:
        return {"ssl_context": context}, {"MAIL_USE_SSL": True}
    return {"tls_context": context, "require_starttls": True}, {"MAIL_USE_TLS": True}


def mail() -> Message:
    return Message("Reset your password", [ADDRESS], "Hello Ada", sender="no-reply@example.org")


def failure_of(mailer: Mailer) -> MailFailed:
    with pytest.raises(MailFailed) as caught:
        mailer.send(mail())
    return caught.value


def test_a_mail_arrives_and_the_connection_is_kept_for_the_next(start: Start, set_up: SetUp) -> None:
    script = Script()
    mailer = set_up(start(script).port)

    mailer.send(mail())
    mailer.send(mail())

    assert [mail.rcpt_tos for mail in script.mails] == [[ADDRESS], [ADDRESS]]
    assert b"Hello Ada" in script.mails[0].content
    assert len(script.sessions) == 1


@pytest.mark.parametrize(
    ("command", "answer", "kind", "reason"),
    [
        ("MAIL", "421 4.3.2 too busy for <{}>", TransientFailure, "SMTPSenderRefused"),
        ("MAIL", "550 5.7.1 no mail to <{}>", MisconfiguredRelay, "sender refused: 550"),
        ("RCPT", "421 4.3.2 too busy for <{}>", TransientFailure, "recipient refused: 421"),
        ("RCPT", "450 4.2.0 <{}>: greylisted", TransientFailure, "recipient refused: 450"),
        ("RCPT", "550 5.1.1 <{}>: user unknown", PermanentFailure, "recipient refused: 550"),
        ("DATA", "451 4.7.1 <{}> try later", TransientFailure, "message refused: 451"),
        ("DATA", "552 5.3.4 too big for <{}>", PermanentFailure, "message refused: 552"),
    ],
)
def test_an_answer_of_the_relay_is_sorted_without_its_words_and_the_next_mail_goes_out(  # noqa: PLR0913 - the table
    start: Start, set_up: SetUp, command: str, answer: str, kind: type[MailFailed], reason: str
) -> None:
    script = Script({command: answer.format(ADDRESS)})
    mailer = set_up(start(script).port)

    failure = failure_of(mailer)
    script.answers.clear()
    mailer.send(mail())

    assert (type(failure), failure.reason) == (kind, reason)
    assert "ada" not in f"{failure!r} {failure}"
    assert failure.__suppress_context__
    assert len(script.mails) == 1
