"""What the settings say about relay and sender reaches the relay."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from tests.support.mails import ENVIRON, JOB, TOKEN
from tests.support.stand_ins.scripted_relay import Script
from tests.support.tls import server_context
from worker.app import create_worker
from worker.mails.messages import Messages
from worker.settings.settings import WorkerSettings
from worker.smtp.failures import MisconfiguredRelay, PermanentFailure

Send = Callable[..., str]


@pytest.fixture(params=[False, True], ids=["plain", "pipelining"])
def relay(request: pytest.FixtureRequest) -> Iterator[Script]:
    with ExitStack() as cleanup:
        yield Script(cleanup, pipelining=request.param)


@pytest.fixture
def send(relay: Script) -> Send:
    """Send a mail to an address as a worker with these settings does."""

    def send_to(address: str = "ada@example.com", options: Any = None, **changes: str) -> str:
        port = relay.listen(**(options or {}))
        local = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(port), "MAIL_USE_TLS": "false"}
        settings = WorkerSettings.load(ENVIRON | local | changes)
        worker = create_worker(settings)
        relay.cleanup.callback(worker.mailers.close)
        with worker.flask.app_context():
            return worker.mailers.send(Messages(settings).reset(JOB, address, TOKEN))

    return send_to


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "mail.example.org"),
        ({"MAIL_DEFAULT_SENDER": "a@bücher.example"}, "xn--bcher-kva.example"),
        ({"MAIL_EHLO_NAME": "latchkey.example.net"}, "latchkey.example.net"),
        ({"MAIL_EHLO_NAME": "[192.0.2.1]"}, "[192.0.2.1]"),
    ],
)
def test_the_worker_greets_with_its_own_name_or_the_senders_domain(
    relay: Script, send: Send, changes: dict[str, str], name: str
) -> None:
    send(**changes)

    (server,) = relay.sessions.values()
    assert server.session.host_name == name


def test_bounces_answers_and_more_headers_go_where_the_settings_say(relay: Script, send: Send) -> None:
    note = "a long note" * 40

    send(
        MAIL_ENVELOPE_SENDER="bounces@bücher.example",
        MAIL_REPLY_TO='"Süpport, Inc" <support@bücher.example>',
        MAIL_EXTRA_HEADERS=json.dumps({"X-SES-CONFIGURATION-SET": "resets", "X-Note": note}),
    )

    (envelope,) = relay.mails
    assert envelope.mail_from == "bounces@xn--bcher-kva.example"
    assert max(map(len, envelope.content.partition(b"\r\n\r\n")[0].split(b"\r\n"))) <= 78
    message = message_from_bytes(envelope.content)
    assert message["From"] == "Example <no-reply@mail.example.org>"
    assert message["Reply-To"] == "=?utf-8?q?S=C3=BCpport=2C_Inc?= <support@xn--bcher-kva.example>"
    assert message["X-SES-CONFIGURATION-SET"] == "resets"
    assert message["X-Note"].replace("\r\n", "") == note
    assert message["Auto-Submitted"] == "auto-generated"


def test_without_such_settings_the_sender_gets_bounces_and_answers(relay: Script, send: Send) -> None:
    send()

    assert relay.mails[0].mail_from == "no-reply@mail.example.org"
    assert message_from_bytes(relay.mails[0].content)["Reply-To"] is None


def test_the_relays_certificate_is_checked_against_the_file(relay: Script, send: Send, tmp_path: Path) -> None:
    tls: dict[str, Any] = {"options": {"tls_context": server_context(tmp_path)}, "MAIL_USE_TLS": "true"}

    with pytest.raises(MisconfiguredRelay) as refused:
        send(**tls)
    assert "MAIL_CA_FILE" in refused.value.hint
    send(**tls, MAIL_CA_FILE=str(tmp_path / "certificate.pem"))
    assert len(relay.mails) == 1


def test_a_mailbox_beyond_ascii_gets_its_mail_where_the_relay_takes_such_names(relay: Script, send: Send) -> None:
    send("jürgen@bücher.example", {"enable_SMTPUTF8": True})

    (envelope,) = relay.mails
    assert envelope.rcpt_tos == ["jürgen@xn--bcher-kva.example"]
    assert envelope.smtp_utf8
    assert "\r\nTo: jürgen@xn--bcher-kva.example\r\n".encode() in envelope.content


def test_a_mailbox_in_ascii_is_mailed_to_without_smtputf8(relay: Script, send: Send) -> None:
    send("ada@bücher.example", {"enable_SMTPUTF8": True})

    assert not relay.mails[0].smtp_utf8
    assert relay.mails[0].content.isascii()


def test_a_mailbox_beyond_ascii_is_never_written_as_another_one(relay: Script, send: Send) -> None:
    with pytest.raises(PermanentFailure) as refused:
        send("jürgen@example.com", {"enable_SMTPUTF8": False})

    assert "SMTPUTF8" in refused.value.reason
    assert "@" not in refused.value.reason
    assert relay.mails == []
