"""An email, another site or another host can do nothing to the demo's inbox."""

import pytest
from flask.testing import FlaskClient
from werkzeug.test import create_environ, run_wsgi_app

from dev.site.app import create_site
from dev.site.caught_mail import Mailbox
from dev.site.place import Place
from tests.integration.dev.test_inbox import mail


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def client(mailbox: Mailbox) -> FlaskClient:
    return create_site(mailbox, Place.of({})).test_client()


def test_the_html_of_a_mail_runs_and_loads_nothing(client: FlaskClient, mailbox: Mailbox) -> None:
    mailbox.add(mail())

    policy = client.get("/messages/id0/html").headers["Content-Security-Policy"].split("; ")

    assert policy[0] == "default-src 'none'"
    assert {"img-src data:", "form-action 'none'", "frame-ancestors 'self'"} <= set(policy)
    assert policy[-1] == "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
    assert not [rule for rule in policy if rule.startswith("script-src")]


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<html><HEAD lang=en><title>x</title>", '<html><HEAD lang=en><base target="_blank"><title>x</title>'),
        ("<header>x</header>", '<base target="_blank"><header>x</header>'),
    ],
)
def test_links_of_a_mail_open_in_a_new_tab(client: FlaskClient, mailbox: Mailbox, html: str, shown: str) -> None:
    mailbox.add(mail(html=html))

    assert client.get("/messages/id0/html").text == shown


@pytest.mark.parametrize("path", ["/messages/id0/html", "/inbox/id0"])
def test_a_mail_that_is_gone_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_pages_run_only_their_own_scripts(client: FlaskClient) -> None:
    answer = client.get("/inbox")

    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "path", ["/", "/inbox", "/sign-in", "/api/messages", "/messages/id0/html", "/static/inbox.css", "/nowhere"]
)
def test_a_foreign_host_is_refused_everywhere(client: FlaskClient, mailbox: Mailbox, path: str) -> None:
    mailbox.add(mail())

    answer = client.get(path, headers={"Host": "rebound.example"})

    assert answer.status_code == 400
    assert answer.text == "The demo can only be reached from this machine. Open it as localhost or 127.0.0.1.\n"


@pytest.mark.parametrize("path", ["/", "/inbox", "/api/messages", "/messages/id0/html", "/static/inbox.css", "/mails"])
@pytest.mark.parametrize(
    "host", [None, "", "localhost.rebound.example", "localhost@rebound.example", "x:80, localhost"]
)
def test_a_request_without_an_allowed_host_is_refused_everywhere(
    client: FlaskClient, mailbox: Mailbox, path: str, host: str | None
) -> None:
    mailbox.add(mail())
    environ = create_environ(path, environ_overrides={"SERVER_PROTOCOL": "HTTP/1.0", "HTTP_HOST": host or ""})
    if host is None:
        del environ["HTTP_HOST"]

    _, status, _ = run_wsgi_app(client.application, environ)

    assert status == "400 BAD REQUEST"


def test_a_foreign_host_cannot_empty_the_inbox(client: FlaskClient, mailbox: Mailbox) -> None:
    mailbox.add(mail())

    client.delete("/api/messages", headers={"Host": "rebound.example"})

    assert len(mailbox.list()) == 1


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "localhost:8025", "127.0.0.1:8025"])
def test_local_host_names_are_answered(client: FlaskClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


def test_no_other_site_is_allowed_by_cors(client: FlaskClient) -> None:
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "DELETE"}

    answer = client.options("/api/messages", headers=preflight)

    assert not [name for name in answer.headers.keys() if name.lower().startswith("access-control")]  # noqa: SIM118
