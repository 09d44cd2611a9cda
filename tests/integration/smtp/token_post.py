"""A relay that takes nothing but access tokens, its token endpoint, and mailers for them as the settings make them."""

import base64
import json
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from flask_mail import Message

from tests.support.mails import ENVIRON
from tests.support.stand_ins.scripted_relay import Script
from tests.support.stand_ins.token_endpoint import TokenEndpoint
from worker.app import create_worker
from worker.settings.settings import WorkerSettings
from worker.smtp.failures import MailFailed
from worker.smtp.mailer import Mailer

SECRET = "the-secret~of.the-application"
OAUTH = {
    "MAIL_USERNAME": "latchkey@example.org",
    "MAIL_OAUTH_CLIENT_ID": "the-client",
    "MAIL_OAUTH_CLIENT_SECRET": SECRET,
}
# What Gmail says in its challenge before it refuses.
CHALLENGE = json.dumps({"status": "400", "schemes": "Bearer", "scope": "https://mail.google.com/"}).encode()


@dataclass
class TokenRelay(Script):
    """A relay that takes some tokens, and keeps what was presented to it."""

    good: set[str] = field(default_factory=lambda: {"token-1"})
    presented: list[str] = field(default_factory=list)
    quotes: bool = False

    async def auth_XOAUTH2(self, server: Any, arguments: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's name
        return await self._judge(server, arguments[1], "user=latchkey@example.org\x01auth=Bearer {}\x01\x01")

    async def auth_OAUTHBEARER(self, server: Any, arguments: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's name
        return await self._judge(server, arguments[1], "n,a=latchkey@example.org,\x01auth=Bearer {}\x01\x01")

    async def _judge(self, server: Any, argument: str, form: str) -> AuthResult:
        presented = base64.b64decode(argument, validate=True).decode()
        self.presented.append(presented)
        if presented in {form.format(token) for token in self.good}:
            return AuthResult(success=True)
        await server.challenge_auth(CHALLENGE)
        said = f"535 5.7.8 refused: {argument}" if self.quotes else "535 5.7.3 Authentication unsuccessful"
        await server.push(said)
        return AuthResult(success=False, handled=True)


@dataclass
class Clock:
    now: float = field(default_factory=time.monotonic)

    def __call__(self) -> float:
        return self.now


@dataclass
class Post:
    """A relay, its token endpoint, and mailers as the settings make them."""

    relay: TokenRelay
    endpoint: TokenEndpoint
    offers: str = "XOAUTH2"
    clock: Clock = field(default_factory=Clock)

    def mailer(self, **changes: str) -> Mailer:
        others = {"LOGIN", "PLAIN", "XOAUTH2", "OAUTHBEARER"} - {self.offers}
        port = self.relay.listen(auth_require_tls=False, auth_exclude_mechanism=others)
        address = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(port), "MAIL_USE_TLS": "false"}
        settings = WorkerSettings.load(ENVIRON | OAUTH | address | {"MAIL_OAUTH_ENDPOINT": self.endpoint.url} | changes)
        worker = create_worker(settings)
        self.relay.cleanup.enter_context(worker.flask.app_context())
        mailer = worker.mailers.make()
        self.relay.cleanup.callback(mailer.close)
        assert mailer.tokens is not None
        mailer.tokens.clock = self.clock
        return mailer


def mail() -> Message:
    return Message("Reset your password", ["ada@example.com"], "Hello Ada", sender="no-reply@example.org")


def failure_of(mailer: Mailer) -> MailFailed:
    with pytest.raises(MailFailed) as caught:
        mailer.send(mail())
    return caught.value
