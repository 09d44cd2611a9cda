import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from flask_mail import Message

from tests.support.stand_ins.scripted_relay import Script
from tests.support.tls import server_context
from worker.smtp.failures import MailFailed, MisconfiguredRelay, PermanentFailure, TransientFailure
from worker.smtp.mailer import Mailer

ADDRESS = "ada@example.com"
LOGIN = {"MAIL_USERNAME": "latchkey", "MAIL_PASSWORD": "hunter2"}


@pytest.fixture(params=[False, True], ids=["plain", "pipelining"])
def relay(request: pytest.FixtureRequest) -> Iterator[Script]:
    with ExitStack() as cleanup:
        yield Script(cleanup, pipelining=request.param)


@pytest.fixture(params=["MAIL_USE_TLS", "MAIL_USE_SSL"])
def tls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[dict[str, Any], ssl.SSLContext]:
    """Return the TLS options of the relay, and a context that trusts its certificate for 127.0.0.1."""
    context = server_context(tmp_path)
    options = {"ssl_context" if request.param == "MAIL_USE_SSL" else "tls_context": context}
    return {"options": options, request.param: True}, ssl.create_default_context(cafile=tmp_path / "certificate.pem")


def mail() -> Message:
    return Message("Reset your password", [ADDRESS], "Hello Ada", sender="no-reply@example.org")


def failure_of(mailer: Mailer) -> tuple[type[MailFailed], str]:
    """Return the kind and reason of the failure, which must not name the recipient."""
    with pytest.raises(MailFailed) as caught:
        mailer.send(mail())
    assert "ada" not in f"{caught.value!r} {caught.value}"
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)
    return type(caught.value), caught.value.reason


def test_a_mail_arrives_and_the_connection_is_kept_for_the_next(relay: Script) -> None:
    mailer = relay.connect()
    mailer.send(mail())
    mailer.send(mail())

    assert [(mail.rcpt_tos, b"Hello Ada" in mail.content) for mail in relay.mails] == [([ADDRESS], True)] * 2
    assert len(relay.sessions) == 1


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        ("MAIL 421 4.3.2 too busy for <{}>", TransientFailure, "sender refused: "),
        ("MAIL 550 5.7.1 no mail to <{}>", MisconfiguredRelay, "sender refused: "),
        ("RCPT 450 4.2.0 <{}>: greylisted", TransientFailure, "recipient refused: "),
        ("RCPT 550 5.1.1 <{}>: user unknown", PermanentFailure, "recipient refused: "),
        ("RCPT 554 5.7.1 <{}>: Relay access denied", MisconfiguredRelay, "recipient refused: "),
        ("DATA 451 4.7.1 <{}> try later", TransientFailure, "message refused: "),
        ("DATA 552 5.3.4 too big for <{}>", MisconfiguredRelay, "message refused: "),
        (
            "DATA 550 The from address does not match a verified Sender Identity",
            MisconfiguredRelay,
            "message refused: ",
        ),
    ],
)
def test_a_refusal_is_classified_in_the_relays_words_and_the_next_mail_is_sent(
    relay: Script, answer: str, kind: type[MailFailed], reason: str
) -> None:
    command, _, words = answer.format(ADDRESS).partition(" ")
    relay.answers[command] = words
    mailer = relay.connect()

    assert failure_of(mailer) == (kind, reason + words.replace(ADDRESS, "[address]"))
    relay.answers.clear()
    mailer.send(mail())
    assert (len(relay.mails), len(relay.sessions)) == (1, 2)


@pytest.mark.parametrize("config", [{"MAIL_USE_TLS": True}, LOGIN], ids=["STARTTLS", "AUTH"])
def test_a_relay_without_a_required_extension_gets_no_mail(
    relay: Script, config: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    kind, reason = failure_of(relay.connect(**config))

    assert kind is MisconfiguredRelay
    assert f"{request.node.callspec.id.partition('-')[2]} extension not supported" in reason
    assert relay.mails == []


def test_mail_is_sent_only_after_login(relay: Script) -> None:
    options: dict[str, Any] = {"auth_require_tls": False}
    options["authenticator"] = lambda *seen: AuthResult(success=seen[-1].password == b"hunter2", handled=False)

    relay.connect(options=options, **LOGIN).send(mail())
    assert len(relay.mails) == 1

    mailer = relay.connect(options=options, **LOGIN | {"MAIL_PASSWORD": "wrong"})
    assert failure_of(mailer) == (MisconfiguredRelay, "log-in refused: 535 5.7.8 Authentication credentials invalid")


@pytest.mark.parametrize(("trusted", "name"), [(False, "127.0.0.1"), (True, "localhost")])
def test_mail_is_sent_only_to_a_relay_with_a_trusted_certificate_for_its_name(
    relay: Script, tls: Any, trusted: Any, name: str
) -> None:
    relay.connect(tls[1], **tls[0]).send(mail())
    assert len(relay.mails) == 1

    mailer = relay.connect(tls[1] if trusted else None, **tls[0], MAIL_SERVER=name)
    kind, reason = failure_of(mailer)
    assert kind is MisconfiguredRelay
    assert "certificate verify failed" in reason


@pytest.mark.parametrize("listens", [True, False])
def test_a_silent_or_missing_relay_times_out(relay: Script, listens: Any) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if listens:
            silent.listen()
        begun = time.monotonic()
        assert failure_of(relay.connect(MAIL_PORT=silent.getsockname()[1]))[0] is TransientFailure
        assert time.monotonic() - begun < 2


def test_the_next_mail_is_sent_after_the_relay_closed_an_idle_connection(
    relay: Script,
) -> None:
    mailer = relay.connect(bounds={"max_idle": 0})
    mailer.send(mail())
    mailer.send(mail())
    assert len(relay.sessions) == 1

    (server,) = relay.sessions.values()
    server.loop.call_soon_threadsafe(server.transport.close)
    mailer.send(mail())
    assert (len(relay.mails), len(relay.sessions)) == (3, 2)


@pytest.mark.parametrize("answers", [{}, {"QUIT": "nothing at all"}], ids=["polite", "drops the connection"])
def test_a_connection_is_replaced_after_a_number_of_mails_even_if_quit_fails(
    relay: Script, answers: dict[str, str]
) -> None:
    relay.answers = answers
    mailer = relay.connect(bounds={"max_mails": 2})
    for _ in range(5):
        mailer.send(mail())

    assert (len(relay.mails), len(relay.sessions), relay.quits) == (5, 3, 2)
