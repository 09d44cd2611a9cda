"""A slow relay: the final answer to an email may take longer, and every wait is bounded."""

import asyncio
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from flask_mail import Mail, Message

from tests.support.servers import free_port
from worker.smtp.failures import TransientFailure, UnknownOutcome
from worker.smtp.mailer import Mailer


class SlowRelay:
    """Accepts every email, and answers after a delay."""

    def __init__(self) -> None:
        self.taken = 0
        self.sessions = 0
        self.seconds = {"RCPT": 0.0, "DATA": 0.0}

    async def handle_EHLO(  # noqa: N802
        self, _server: Any, session: Any, _envelope: Any, host: str, answers: list[str]
    ) -> list[str]:
        session.host_name = host
        self.sessions += 1
        return answers

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        await asyncio.sleep(self.seconds["RCPT"])
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        self.taken += 1
        await asyncio.sleep(self.seconds["DATA"])
        return "250 OK"


@pytest.fixture
def relay() -> SlowRelay:
    return SlowRelay()


@pytest.fixture
def make_send(relay: SlowRelay) -> Iterator[Callable[..., Callable[[], None]]]:
    """Make functions that send an email through mailers with the test's timeouts."""
    controller = Controller(relay, hostname="127.0.0.1", port=free_port())
    controller.start()
    app = Flask("test")
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=controller.port, MAIL_DEFAULT_SENDER="a@example.com")
    Mail(app)
    with ExitStack() as ends:
        ends.callback(controller.stop)

        def make(timeout: float = 0.4, **timings: Any) -> Callable[[], None]:
            mailer = Mailer(app, timeout, ssl.create_default_context(), **timings)
            ends.callback(mailer.close)

            def send_one() -> None:
                with app.app_context():
                    mailer.send(Message("Hello", recipients=["b@example.com"], body="text"))

            return send_one

        yield make


@pytest.fixture
def send(make_send: Callable[..., Callable[[], None]]) -> Callable[[], None]:
    return make_send()


def test_the_answer_to_the_message_body_may_take_longer(relay: SlowRelay, send: Callable[[], None]) -> None:
    relay.seconds["DATA"] = 0.8

    send()

    assert relay.taken == 1


def test_a_timeout_after_the_message_body_means_that_it_may_have_been_sent(
    relay: SlowRelay, send: Callable[[], None]
) -> None:
    relay.seconds["DATA"] = 5

    with pytest.raises(UnknownOutcome):
        send()


def test_a_timeout_before_the_message_body_means_that_it_was_not_sent(
    relay: SlowRelay, send: Callable[[], None]
) -> None:
    relay.seconds["RCPT"] = 5

    with pytest.raises(TransientFailure) as failure:
        send()

    assert not isinstance(failure.value, UnknownOutcome)
    assert relay.taken == 0


def test_the_whole_smtp_dialogue_is_bounded(relay: SlowRelay, make_send: Callable[..., Callable[[], None]]) -> None:
    send = make_send(dialogue=0.6)
    relay.seconds = {"RCPT": 0.3, "DATA": 5}
    begun = time.monotonic()

    with pytest.raises(UnknownOutcome):
        send()

    assert time.monotonic() - begun < 1.1


def test_a_kept_connection_gets_a_new_deadline_with_each_mail(
    relay: SlowRelay, make_send: Callable[..., Callable[[], None]]
) -> None:
    send = make_send(timeout=5, dialogue=1.5, max_idle=0.0)
    relay.seconds["RCPT"] = 0.9

    send()
    send()

    assert (relay.taken, relay.sessions) == (2, 1)
