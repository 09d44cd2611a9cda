import asyncio
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
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
from worker.mailer import Mailer, MailFailed, MisconfiguredRelay, PermanentFailure, Relay, TransientFailure

ADDRESS = "ada@example.com"
LOGIN = {"MAIL_USERNAME": "latchkey", "MAIL_PASSWORD": "hunter2"}


@dataclass
class Script:
    """What a relay answers other than `250 OK`, and what it has seen."""

    answers: dict[str, str] = field(default_factory=dict)
    mails: list[Any] = field(default_factory=list)
    sessions: dict[Any, Any] = field(default_factory=dict)
    quits: int = 0

    async def handle_MAIL(self, server: Any, session: Any, *rest: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.sessions[session.peer] = server
        rest[0].mail_from = rest[1]
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
        if "QUIT" in self.answers:
            server.transport.abort()
        return "221 Bye"

    async def hang_up(self) -> None:
        for server in self.sessions.values():
            server.transport.close()
        await asyncio.sleep(0)


Start = Callable[..., Controller]
SetUp = Callable[..., Mailer]


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


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
def certificate(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A certificate for 127.0.0.1 that nobody has signed, and its key."""
    if not shutil.which("openssl"):
        missing("openssl is not on the PATH")
    files = [tmp_path_factory.mktemp("certificate") / name for name in ("certificate.pem", "key.pem")]
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=relay"
    command += f" -addext subjectAltName=IP:127.0.0.1 -out {files[0]} -keyout {files[1]}"
    subprocess.run(command.split(), check=True, capture_output=True)
    return files


@pytest.fixture(params=["STARTTLS", "TLS"])
def tls(request: pytest.FixtureRequest, certificate: list[Path]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a relay's options and a mailer's settings for TLS, both by STARTTLS and from the first byte."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    if request.param == "TLS":
        return {"ssl_context": context}, {"MAIL_USE_SSL": True}
    return {"tls_context": context, "require_starttls": True}, {"MAIL_USE_TLS": True}


def mail(subject: str = "Reset your password") -> Message:
    return Message(subject, [ADDRESS], "Hello Ada", sender="no-reply@example.org")


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
    ("answer", "kind", "reason"),
    [
        ("MAIL 421 4.3.2 too busy for <{}>", TransientFailure, "SMTPSenderRefused"),
        ("MAIL 550 5.7.1 no mail to <{}>", MisconfiguredRelay, "sender refused: 550"),
        ("RCPT 421 4.3.2 too busy for <{}>", TransientFailure, "recipient refused: 421"),
        ("RCPT 450 4.2.0 <{}>: greylisted", TransientFailure, "recipient refused: 450"),
        ("RCPT 550 5.1.1 <{}>: user unknown", PermanentFailure, "recipient refused: 550"),
        ("DATA 451 4.7.1 <{}> try later", TransientFailure, "message refused: 451"),
        ("DATA 552 5.3.4 too big for <{}>", PermanentFailure, "message refused: 552"),
    ],
)
def test_a_refusal_is_sorted_without_the_relays_words_and_the_next_mail_goes_out(
    start: Start, set_up: SetUp, answer: str, kind: type[MailFailed], reason: str
) -> None:
    command, _, words = answer.format(ADDRESS).partition(" ")
    script = Script({command: words})
    mailer = set_up(start(script).port)

    failure = failure_of(mailer)
    script.answers.clear()
    mailer.send(mail())

    assert (type(failure), failure.reason) == (kind, reason)
    assert "ada" not in f"{failure!r} {failure}"
    assert failure.__suppress_context__
    assert (len(script.mails), len(script.sessions)) == (1, 2)
