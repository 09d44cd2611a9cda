"""Access tokens are fetched from an endpoint, and renewed; what else it answers is sorted by what to do about it."""

import socket
import time
from urllib.parse import urlencode

import pytest

from tests.integration.smtp.token_post import OAUTH, SECRET, Post, failure_of, mail
from tests.support.mails import ENVIRON
from tests.support.stand_ins.token_endpoint import token_endpoint
from worker.settings.settings import WorkerSettings
from worker.smtp.access_token import AccessTokens
from worker.smtp.failures import MisconfiguredRelay, TransientFailure
from worker.smtp.token_endpoints import access_tokens


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
