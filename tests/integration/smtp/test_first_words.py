"""A relay, byte by byte: what it says before any mail, what it quotes, and answers that do not come to an end."""

import re
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from flask_mail import Mail, Message

from worker.smtp.failures import MailFailed, MisconfiguredRelay, TransientFailure
from worker.smtp.mailer import Mailer

LOGIN: dict[str, Any] = {"MAIL_USERNAME": "latchkey", "MAIL_PASSWORD": "hunter2-of-the-relay"}
CAPITALS = "aatcbu"
GREETING, EHLO = b"220 relay\r\n", b"250-relay\r\n250 AUTH PLAIN\r\n"

Serve = Callable[[socket.socket], None]


@contextmanager
def served(serve: Serve) -> Iterator[int]:
    """Let a function talk to everybody who connects, and yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection, suppress(OSError):
                        serve(connection)

        thread = Thread(target=talk, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def failure_with(serve: Serve, dialogue: float = 5.0, **config: Any) -> MailFailed:
    app = Flask("worker")
    with served(serve) as port, app.app_context():
        app.config.update({"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": port} | config)
        Mail(app)
        mailer = Mailer(app, 2, ssl.create_default_context(), dialogue=dialogue)
        with pytest.raises(MailFailed) as caught:
            mailer.send(Message("Hello", ["ada@example.com"], "Hello Ada", sender="no-reply@example.org"))
        return caught.value


def answering(*answers: bytes) -> Serve:
    """Give one answer after the other, to whatever is asked, and end the connection."""

    def serve(connection: socket.socket) -> None:
        connection.sendall(answers[0])
        for answer in answers[1:]:
            connection.recv(1000)
            connection.sendall(answer)

    return serve


@pytest.mark.parametrize(
    ("answers", "kind", "reason"),
    [
        ([b"554 5.7.1 not from here\r\n"], MisconfiguredRelay, "connection refused: 554 5.7.1 not from here"),
        ([b"421 4.7.0 try later\r\n"], TransientFailure, "connection refused: 421 4.7.0 try later"),
        ([b"250 hello\r\n"], MisconfiguredRelay, "connection refused: 250 hello"),
        ([b"SSH-2.0-OpenSSH_9.2\r\n"], MisconfiguredRelay, "connection refused: -1 2.0-OpenSSH_9.2"),
        ([GREETING, b"550 5.7.1 bad name\r\n"], MisconfiguredRelay, "EHLO refused: 550 5.7.1 bad name"),
        ([GREETING, b"504 need a full name\r\n"], MisconfiguredRelay, "EHLO refused: 504 need a full name"),
        ([GREETING, b"421 busy\r\n"], TransientFailure, "EHLO refused: 421 busy"),
        ([GREETING, b"502 what?\r\n", b"550 no\r\n"], MisconfiguredRelay, "EHLO refused: 550 no"),
    ],
)
def test_a_relay_that_refuses_before_any_mail_is_sorted_too(
    answers: list[bytes], kind: type[MailFailed], reason: str
) -> None:
    failure = failure_with(answering(*answers))

    assert (type(failure), failure.reason) == (kind, reason)
    assert bool(failure.hint) == (kind is MisconfiguredRelay)


def test_a_relay_without_ehlo_gets_its_mail_after_helo() -> None:
    failure = failure_with(answering(GREETING, b"500 unknown\r\n", b"250 hello\r\n", b"421 enough\r\n"))

    assert failure.reason == "sender refused: 421 enough"


def test_a_relay_that_quotes_the_log_in_does_not_bring_it_into_the_log() -> None:
    def quote(connection: socket.socket) -> None:
        connection.sendall(GREETING)
        connection.recv(1000)
        connection.sendall(EHLO)
        connection.sendall(b"535 5.7.8 not for " + connection.recv(1000).strip() + b"\r\n")
        connection.recv(1000)

    failure = failure_with(quote, **LOGIN)

    assert failure.reason == "log-in refused: 535 5.7.8 not for AUTH PLAIN [secret]"


def test_a_password_whose_base64_is_all_capitals_is_a_secret_too() -> None:
    def quote(connection: socket.socket) -> None:
        connection.sendall(GREETING)
        connection.recv(1000)
        connection.sendall(b"250-relay\r\n250 AUTH LOGIN\r\n")
        connection.recv(1000)
        connection.sendall(b"334 UGFzc3dvcmQ6\r\n")
        connection.sendall(b"535 5.7.8 LOGIN: not for " + connection.recv(1000).strip() + b"\r\n")
        connection.recv(1000)

    failure = failure_with(quote, **(LOGIN | {"MAIL_PASSWORD": CAPITALS}))

    assert b64encode(CAPITALS.encode()).isupper()
    assert failure.reason == "log-in refused: 535 5.7.8 LOGIN: not for [secret]"


def test_the_name_of_the_worker_is_no_secret() -> None:
    """A relay that says its own name, which EHLO may have had as well."""

    def name_all(connection: socket.socket) -> None:
        connection.sendall(GREETING)
        name = connection.recv(1000).split()[1]
        connection.sendall(EHLO)
        connection.recv(1000)
        connection.sendall(b"535 refused by " + name + b"\r\n")

    failure = failure_with(name_all, **LOGIN)

    assert "[secret]" not in failure.reason


def test_a_challenge_that_is_not_base64_is_the_operators_to_correct() -> None:
    failure = failure_with(answering(GREETING, b"250-relay\r\n250 AUTH CRAM-MD5\r\n", b"334 a\r\n"), **LOGIN)

    assert (type(failure), failure.reason) == (MisconfiguredRelay, "log-in refused: 334 a challenge that is not base64")


def test_the_relays_words_reach_no_terminal_as_commands_and_are_bounded() -> None:
    nasty = "554 \x1b]0;owned\x07\x1b[31m\u202eno \x9b2J".encode() + b"x" * 400 + b" ada@example.com\r\n"

    failure = failure_with(answering(nasty))

    assert re.fullmatch(r"connection refused: 554 \]0;owned \[31m no 2Jx{100,}", failure.reason)
    assert len(failure.reason) <= len("connection refused: 554 ") + 200


def test_microsofts_end_of_passwords_is_said_with_its_cure() -> None:
    refusal = b"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.\r\n"

    failure = failure_with(answering(GREETING, EHLO, refusal), **LOGIN)

    assert isinstance(failure, MisconfiguredRelay)
    assert "December 2026" in failure.hint
    assert "MAIL_OAUTH_ENDPOINT" in failure.hint


def drip(connection: socket.socket) -> None:
    """Say a byte at a time, for ever: each is within the timeout."""
    connection.sendall(b"220-")
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


def chatter(connection: socket.socket) -> None:
    """Say one line after the other, for ever."""
    while True:
        connection.sendall(b"220-and one more line\r\n" * 100)


@pytest.mark.parametrize("serve", [drip, chatter])
def test_an_answer_that_does_not_end_is_given_up_within_the_dialogue(serve: Serve) -> None:
    begun = time.monotonic()

    failure = failure_with(serve, dialogue=0.7)

    assert type(failure) is TransientFailure
    assert time.monotonic() - begun < 1.2


def test_addresses_that_do_not_answer_are_tried_within_the_dialogue_together(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        # Further connections wait for a place in the backlog, as behind a firewall that drops them.
        with socket.create_connection(address), socket.socket() as second:
            second.setblocking(False)  # noqa: FBT003 - its own signature
            second.connect_ex(address)
            one = (socket.AF_INET, socket.SOCK_STREAM, 6, "", address)
            monkeypatch.setattr(
                socket, "getaddrinfo", lambda host, *_, **__: [one] * (8 if host == "relay.example" else 1)
            )
            mail = Message("Hello", ["ada@example.com"], "Hello Ada", sender="no-reply@example.org")
            app = Flask("worker")
            app.config.update(MAIL_SERVER="relay.example", MAIL_PORT=address[1])
            Mail(app)
            begun = time.monotonic()
            with app.app_context(), pytest.raises(TransientFailure):
                Mailer(app, 0.3, ssl.create_default_context(), dialogue=0.7).send(mail)
            assert time.monotonic() - begun < 1.2
