"""Log-in with an access token, against a stand-in for the token endpoint and a relay that offers nothing else."""

import base64
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from aiosmtpd.smtp import AuthResult
from flask_mail import Message

from tests.support.mails import ENVIRON
from tests.support.stand_ins.scripted_relay import Script
from tests.support.stand_ins.token_endpoint import TokenEndpoint, token_endpoint
from worker.app import create_worker
from worker.settings.settings import WorkerSettings
from worker.smtp.access_token import MIN_INTERVAL, AccessTokens
from worker.smtp.failures import MailFailed, MisconfiguredRelay, TransientFailure
from worker.smtp.mailer import Mailer
from worker.smtp.oauth import access_tokens

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
        self.relay.cleanup.callback(worker.mailer.close)
        assert worker.mailer.tokens is not None
        worker.mailer.tokens.clock = self.clock
        return worker.mailer


@pytest.fixture
def post() -> Iterator[Post]:
    with ExitStack() as cleanup, token_endpoint() as endpoint:
        yield Post(TokenRelay(cleanup), endpoint)


def mail() -> Message:
    return Message("Reset your password", ["ada@example.com"], "Hello Ada", sender="no-reply@example.org")


def failure_of(mailer: Mailer) -> MailFailed:
    with pytest.raises(MailFailed) as caught:
        mailer.send(mail())
    return caught.value


@pytest.mark.parametrize("offers", ["XOAUTH2", "OAUTHBEARER"])
def test_one_token_is_fetched_for_all_mails_and_connections(post: Post, offers: str) -> None:
    post.offers = offers
    mailer = post.mailer()
    mailer.max_mails = 1

    for _ in range(3):
        mailer.send(mail())

    assert (len(post.relay.mails), len(post.relay.presented), len(post.relay.sessions)) == (3, 3, 3)
    assert post.endpoint.asked == [
        {
            "path": "/tenant/token",
            "grant_type": "client_credentials",
            "client_id": "the-client",
            "client_secret": SECRET,
        }
    ]


def test_a_refresh_token_is_exchanged(post: Post) -> None:
    post.mailer(MAIL_OAUTH_REFRESH_TOKEN="the refresh+token", MAIL_OAUTH_SCOPE="smtp.send").send(mail())

    assert post.endpoint.asked == [
        {
            "path": "/tenant/token",
            "grant_type": "refresh_token",
            "refresh_token": "the refresh+token",
            "client_id": "the-client",
            "client_secret": SECRET,
            "scope": "smtp.send",
        }
    ]


@pytest.mark.parametrize(
    ("expires_in", "good_for"), [(3600, 3300), ("600", 300), (60, 30), (None, 3300), ("soon", 3300)]
)
def test_a_token_is_renewed_before_its_end(post: Post, expires_in: object, good_for: float) -> None:
    post.endpoint.expires_in = expires_in
    tokens = AccessTokens(post.endpoint.url, {}, clock=post.clock)

    def get_after(seconds: float) -> str:
        post.clock.now += seconds
        return tokens.get()

    assert [get_after(0), get_after(good_for - 1), get_after(2)] == ["token-1", "token-1", "token-2"]


def test_a_token_that_the_relay_refuses_is_fetched_anew_once(post: Post) -> None:
    post.relay.good = {"token-2"}

    post.mailer().send(mail())

    assert (len(post.relay.mails), len(post.endpoint.asked)) == (1, 2)


def test_a_relay_that_refuses_every_token_is_an_alarm_and_the_endpoint_is_left_in_peace(post: Post) -> None:
    post.relay.good = set()
    mailer = post.mailer()

    failures = [failure_of(mailer) for _ in range(3)]

    assert {type(failure) for failure in failures} == {MisconfiguredRelay}
    assert {failure.reason for failure in failures} == {"log-in refused: 535 5.7.3 Authentication unsuccessful"}
    assert len(post.endpoint.asked) == 2
    post.relay.good = {"token-3"}
    post.clock.now += MIN_INTERVAL
    mailer.send(mail())
    assert (len(post.relay.mails), len(post.endpoint.asked)) == (1, 3)


def test_a_relay_that_quotes_the_token_does_not_bring_it_into_the_log(post: Post) -> None:
    post.relay.good, post.relay.quotes = set(), True

    assert failure_of(post.mailer()).reason == "log-in refused: 535 5.7.8 refused: [secret]"


def test_a_relay_that_takes_no_tokens_is_the_operators_to_correct(post: Post) -> None:
    post.offers = "PLAIN"
    failure = failure_of(post.mailer())

    assert isinstance(failure, MisconfiguredRelay)
    assert "offers neither XOAUTH2 nor OAUTHBEARER" in failure.reason
    assert not post.endpoint.asked


@pytest.mark.parametrize(
    ("status", "error", "description", "hint"),
    [
        (401, "invalid_client", f"AADSTS7000215: Invalid client secret {SECRET} provided.", "value, not its ID"),
        (401, "invalid_client", "AADSTS7000222: The provided client secret keys are expired.", "has expired"),
        (400, "unauthorized_client", "AADSTS700016: Application not found in the directory", "MAIL_OAUTH_CLIENT_ID"),
        (400, "invalid_grant", "Token has been expired or revoked.", "MAIL_OAUTH_REFRESH_TOKEN"),
        (400, "invalid_scope", "", "MAIL_OAUTH_SCOPE"),
        (404, "what?", "", "MAIL_OAUTH_"),
    ],
)
def test_an_endpoint_that_refuses_is_an_alarm_in_its_words_with_the_cure(
    post: Post, status: int, error: str, description: str, hint: str
) -> None:
    post.endpoint.refuse(status, error, description)

    failure = failure_of(post.mailer())

    said = f"{error} {description}".strip().replace(SECRET, "[secret]")
    assert (type(failure), failure.reason) == (MisconfiguredRelay, f"no access token: {status} {said}")
    assert hint in failure.hint


@pytest.mark.parametrize("name", ["client_secret", "refresh_token"])
def test_an_endpoint_that_quotes_the_form_does_not_bring_a_secret_into_the_log(post: Post, name: str) -> None:
    secret = "a/secret +with=signs"
    post.endpoint.refuse(400, "invalid_request", f"bad body: x=1&{urlencode({name: secret})}&y=2")

    failure = failure_of(post.mailer(**{f"MAIL_OAUTH_{name.upper()}": secret}))

    assert failure.reason.endswith(f"x=1&{name}=[secret]&y=2")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_endpoint_that_is_busy_is_asked_again_later(post: Post, status: int) -> None:
    post.endpoint.refuse(status, "temporarily_unavailable")
    mailer = post.mailer()

    assert type(failure_of(mailer)) is TransientFailure
    post.endpoint.status, post.endpoint.body = 200, None
    post.relay.good = {"token-2"}
    mailer.send(mail())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"access_token": 7}',
        b'{"access_token": "a\\r\\nb"}',
        b"[" * 60_000,
        b'{"access_token": ""}',
    ],
)
def test_an_answer_that_is_no_token_is_an_alarm(post: Post, body: bytes) -> None:
    post.endpoint.body = body

    assert isinstance(failure_of(post.mailer()), MisconfiguredRelay)


def test_an_answer_that_is_too_long_or_too_slow_is_given_up(post: Post) -> None:
    mailer = post.mailer()
    post.endpoint.body = b" " * 10_000_000
    assert type(failure_of(mailer)) is TransientFailure

    post.endpoint.body, post.endpoint.seconds_per_byte = None, 0.05
    mailer.dialogue = 0.7
    begun = time.monotonic()
    assert type(failure_of(mailer)) is TransientFailure
    assert time.monotonic() - begun < 1.2


def test_the_secret_is_not_carried_to_where_the_endpoint_points(post: Post) -> None:
    with token_endpoint() as elsewhere:
        post.endpoint.status, post.endpoint.body = 307, b""
        post.endpoint.headers = {"Location": elsewhere.url}

        assert isinstance(failure_of(post.mailer()), MisconfiguredRelay)
        assert elsewhere.asked == []


def test_an_endpoint_that_is_away_is_asked_again_later(post: Post) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"

        assert type(failure_of(post.mailer(MAIL_OAUTH_ENDPOINT=url))) is TransientFailure


@pytest.mark.parametrize(
    ("settings", "url", "scope"),
    [
        (
            {"MAIL_OAUTH_ENDPOINT": "microsoft:example.onmicrosoft.com"},
            "https://login.microsoftonline.com/example.onmicrosoft.com/oauth2/v2.0/token",
            "https://outlook.office365.com/.default",
        ),
        (
            {"MAIL_OAUTH_ENDPOINT": "google", "MAIL_OAUTH_REFRESH_TOKEN": "1//x"},
            "https://oauth2.googleapis.com/token",
            None,
        ),
        ({"MAIL_OAUTH_ENDPOINT": "https://sso.example.org/token?x=1"}, "https://sso.example.org/token?x=1", None),
    ],
)
def test_known_endpoints_have_names(settings: dict[str, str], url: str, scope: str | None) -> None:
    tokens = access_tokens(WorkerSettings.load(ENVIRON | OAUTH | settings))

    assert tokens is not None
    assert (tokens.url, tokens.form.get("scope")) == (url, scope)
    assert SECRET not in repr(tokens)
