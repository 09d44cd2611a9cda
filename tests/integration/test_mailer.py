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
from aiosmtpd.smtp import AuthResult, LoginPassword
from flask import Flask
from flask_mail import Mail, Message

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


Connect = Callable[..., Mailer]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Set a mailer up for a port of this machine, or for a relay that follows a script."""
    with ExitStack() as stack:

        def connect(relay: Script | int, context: Any = None, options: Any = None, **config: Any) -> Mailer:
            port = relay if isinstance(relay, int) else free_port()
            if isinstance(relay, Script):
                controller = Controller(relay, hostname="127.0.0.1", port=port, **(options or {}))
                controller.start()
                stack.callback(controller.stop)
            app = Flask("worker")
            app.config.update({"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": port} | config)
            Mail(app)
            stack.enter_context(app.app_context())
            mailer = Mailer(app, Relay(1, context or ssl.create_default_context()))
            stack.callback(mailer.close)
            return mailer

        yield connect


@pytest.fixture(params=["MAIL_USE_TLS", "MAIL_USE_SSL"])
def tls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[dict[str, Any], ssl.SSLContext]:
    """Return what relay and mailer need for TLS, and a context that trusts the relay's certificate, for 127.0.0.1."""
    if not shutil.which("openssl"):
        missing("openssl is not on the PATH")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=relay"
    command += " -addext subjectAltName=IP:127.0.0.1 -out certificate.pem -keyout key.pem"
    subprocess.run(command.split(), check=True, capture_output=True, cwd=tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    from_first_byte = request.param == "MAIL_USE_SSL"
    options = {"ssl_context": context} if from_first_byte else {"tls_context": context, "require_starttls": True}
    return {"options": options, request.param: True}, ssl.create_default_context(cafile=tmp_path / "certificate.pem")


def mail() -> Message:
    return Message("Reset your password", [ADDRESS], "Hello Ada", sender="no-reply@example.org")


def failure_of(mailer: Mailer) -> tuple[type[MailFailed], str]:
    """Return kind and reason of the failure, which must not name the recipient."""
    with pytest.raises(MailFailed) as caught:
        mailer.send(mail())
    assert "ada" not in f"{caught.value!r} {caught.value}"
    assert caught.value.__suppress_context__
    return type(caught.value), caught.value.reason


def test_a_mail_arrives_and_the_connection_is_kept_for_the_next(connect: Connect) -> None:
    script = Script()
    mailer = connect(script)

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
    connect: Connect, answer: str, kind: type[MailFailed], reason: str
) -> None:
    command, _, words = answer.format(ADDRESS).partition(" ")
    script = Script({command: words})
    mailer = connect(script)

    assert failure_of(mailer) == (kind, reason)

    script.answers.clear()
    mailer.send(mail())
    assert (len(script.mails), len(script.sessions)) == (1, 2)


@pytest.mark.parametrize("config", [{"MAIL_USE_TLS": True}, LOGIN], ids=["STARTTLS", "AUTH"])
def test_a_relay_that_does_not_offer_what_is_asked_for_gets_no_mail(connect: Connect, config: dict[str, Any]) -> None:
    script = Script()

    assert failure_of(connect(script, **config)) == (MisconfiguredRelay, "SMTPNotSupportedError")
    assert script.mails == []


def test_mail_goes_out_only_after_the_log_in(connect: Connect) -> None:
    script = Script()
    right = LoginPassword(login=b"latchkey", password=b"hunter2")
    options = {"authenticator": lambda *seen: AuthResult(success=seen[-1] == right, handled=False)}
    options["auth_require_tls"] = False

    connect(script, options=options, **LOGIN).send(mail())
    mailer = connect(script, options=options, **LOGIN | {"MAIL_PASSWORD": "wrong"})

    assert failure_of(mailer) == (MisconfiguredRelay, "SMTPAuthenticationError")
    assert len(script.mails) == 1


@pytest.mark.parametrize(("trusted", "name"), [(True, "127.0.0.1"), (False, "127.0.0.1"), (True, "localhost")])
def test_mail_goes_only_to_the_relay_that_a_trusted_certificate_names(
    connect: Connect, tls: Any, trusted: Any, name: str
) -> None:
    script = Script()
    mailer = connect(script, tls[1] if trusted else None, **tls[0], MAIL_SERVER=name)

    if trusted and name == "127.0.0.1":
        mailer.send(mail())
    else:
        assert failure_of(mailer) == (MisconfiguredRelay, "SSLCertVerificationError")

    assert len(script.mails) == (trusted and name == "127.0.0.1")


@pytest.mark.parametrize("listening", [True, False])
def test_a_silent_or_missing_relay_is_given_up_in_time(connect: Connect, listening: Any) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if listening:
            silent.listen()
        begun = time.monotonic()

        assert failure_of(connect(silent.getsockname()[1]))[0] is TransientFailure
        assert time.monotonic() - begun < 2


def test_the_next_mail_goes_out_though_the_relay_has_ended_the_idle_connection(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.mailer, "MOST_IDLE", 0)
    script = Script()
    mailer = connect(script)

    mailer.send(mail())
    mailer.send(mail())
    assert len(script.sessions) == 1

    for server in script.sessions.values():
        server.loop.call_soon_threadsafe(server.transport.close)
    mailer.send(mail())
    assert (len(script.mails), len(script.sessions)) == (3, 2)


@pytest.mark.parametrize("answers", [{}, {"QUIT": "nothing at all"}], ids=["polite", "drops the connection"])
def test_a_connection_is_renewed_after_its_share_of_mails_whatever_becomes_of_the_goodbye(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, answers: dict[str, str]
) -> None:
    monkeypatch.setattr(worker.mailer, "MOST_MAILS", 2)
    script = Script(answers)
    mailer = connect(script)

    for _ in range(5):
        mailer.send(mail())

    assert (len(script.mails), len(script.sessions), script.quits) == (5, 3, 2)
