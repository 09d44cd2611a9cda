import smtplib
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from dev.site.app import create_site
from dev.site.caught_mail import Mail, Mailbox, read_mail
from dev.site.excerpt import excerpt
from dev.site.inbox import mail_server
from dev.site.place import Place
from tests.support.servers import free_port

PROJECT = Path(__file__).parents[3]


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def client(mailbox: Mailbox) -> FlaskClient:
    return create_site(mailbox, Place.of({})).test_client()


@pytest.fixture
def smtp(mailbox: Mailbox) -> Iterator[smtplib.SMTP]:
    port = free_port()
    server = mail_server(mailbox, port)
    server.start()
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as connection:
        yield connection
    server.stop()


def message(subject: str = "Hello", text: str = "text", html: str = "<p>html</p>") -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, "no-reply@example.com", "header@example.com"
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail


def mail(number: int = 0, html: str = "<p>html</p>") -> Mail:
    return Mail(f"id{number}", "ada@example.com", f"Subject {number}", "text", html, "2026-01-01T00:00:00+00:00")


def test_a_mail_sent_over_smtp_appears_in_the_json(smtp: smtplib.SMTP, client: FlaskClient) -> None:
    smtp.send_message(message("Grüße", "Zeile eins\nZeile zwei\n", "<p>Zeile</p>"), to_addrs=["ada@example.com"])

    [received] = client.get("/api/messages").get_json()

    assert list(received)[:6] == ["id", "to", "subject", "text", "html", "received_at"]
    assert received["to"] == "ada@example.com"
    assert received["subject"] == "Grüße"
    assert received["text"] == "Zeile eins\nZeile zwei\n"
    assert received["html"] == "<p>Zeile</p>\n"
    assert received["received_at"].endswith("+00:00")
    assert received["sender"] == "no-reply@example.com"
    assert "\nTo: header@example.com\n" in received["headers"]
    assert received["excerpt"] == "Zeile"


def test_the_recipients_come_from_the_envelope(smtp: smtplib.SMTP, mailbox: Mailbox) -> None:
    smtp.send_message(message(), to_addrs=["ada@example.com", "bob@example.com"])

    assert mailbox.list()[0].to == "ada@example.com, bob@example.com"


def test_an_international_address_is_accepted(smtp: smtplib.SMTP, mailbox: Mailbox) -> None:
    smtp.sendmail("a@example.com", "dörte@exämple.com", "Subject: Für Dörte\n\ntext".encode(), ["SMTPUTF8"])

    assert (mailbox.list()[0].to, mailbox.list()[0].subject) == ("dörte@exämple.com", "Für Dörte")


def test_several_mails_go_over_one_connection_and_the_newest_comes_first(
    smtp: smtplib.SMTP, client: FlaskClient
) -> None:
    for number in range(3):
        smtp.send_message(message(f"Mail {number}"))

    assert [each["subject"] for each in client.get("/api/messages").get_json()] == ["Mail 2", "Mail 1", "Mail 0"]


def test_a_mail_in_an_unknown_charset_is_still_stored() -> None:
    content = b"Content-Type: text/plain; charset=klingon\r\n\r\nnuqneH"

    assert read_mail(content, ["ada@example.com"]).text == "nuqneH"


def test_the_newest_500_mails_are_kept(mailbox: Mailbox) -> None:
    for number in range(501):
        mailbox.add(mail(number))

    assert [each.id for each in mailbox.list()] == [f"id{number}" for number in range(500, 0, -1)]


def test_delete_empties_the_inbox(client: FlaskClient, mailbox: Mailbox) -> None:
    mailbox.add(mail())

    answer = client.delete("/api/messages")

    assert (answer.status_code, answer.data) == (204, b"")
    assert client.get("/api/messages").get_json() == []


def test_an_opened_mail_shows_its_html_in_a_sandbox_and_its_text_escaped(client: FlaskClient, mailbox: Mailbox) -> None:
    mailbox.add(Mail("id1", "ada@example.com", "<b>Subject</b>", "a < b", "<p>x</p>", "2026-01-01T12:34:56+00:00"))

    page = client.get("/inbox/id1").text

    assert 'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox" src="/messages/id1/html"' in page
    assert page.count("&lt;b&gt;Subject&lt;/b&gt;") == 2
    assert "a &lt; b" in page
    assert "<b>Subject" not in page


def test_links_in_a_text_work_and_send_no_referrer(client: FlaskClient, mailbox: Mailbox) -> None:
    link = "http://localhost:8000/reset-password#token=Wy.x-y_z.0"
    mailbox.add(replace(mail(), text=f"Choose:\n\n{link}\n"))

    page = client.get("/inbox/id0").text

    assert f'<a href="{link}" rel="noopener noreferrer" target="_blank">{link}</a>' in page


def test_a_mail_without_html_is_shown_as_text(client: FlaskClient, mailbox: Mailbox) -> None:
    mailbox.add(mail(html=""))

    assert "<iframe" not in client.get("/inbox/id0").text


def test_the_list_shows_the_newest_mail_first_with_sender_and_first_words(
    client: FlaskClient, mailbox: Mailbox
) -> None:
    mailbox.add(mail(1))
    mailbox.add(replace(mail(2), sender="Ada <ada@example.com>", excerpt="Good morning"))

    newest, _, older = client.get("/inbox").text.partition("Good morning")

    assert "Subject 2" in newest
    assert "<bdi>Ada</bdi>" in newest
    assert "Subject 1" in older


def test_polling_returns_the_list_only_if_it_changed(client: FlaskClient, mailbox: Mailbox) -> None:
    mailbox.add(mail(1))
    seen = client.get("/inbox").headers["ETag"]

    assert client.get("/inbox", headers={"If-None-Match": seen}).status_code == 304
    mailbox.add(mail(2))
    assert client.get("/inbox", headers={"If-None-Match": seen}).status_code == 200
    mailbox.clear()
    assert client.get("/inbox", headers={"If-None-Match": seen}).status_code == 200


def test_an_empty_inbox_says_what_to_do(client: FlaskClient) -> None:
    assert 'href="http://localhost:8000/forgot-password"' in client.get("/inbox").text


@pytest.mark.parametrize("name", ["Subject", "From", "To", "Message-ID", "Content-Type"])
@pytest.mark.parametrize("value", [b"=?utf-8?q?=0A=00?=", b"\xff\xfe", b"<", b"", b'@[,;<>"', b"=?x?y?z?="])
def test_a_mail_with_a_malformed_header_is_stored_and_shown(
    client: FlaskClient, mailbox: Mailbox, name: str, value: bytes
) -> None:
    mailbox.add(read_mail(name.encode() + b": " + value + b"\r\n\r\ntext", ["ada@example.com"]))

    assert client.get(f"/inbox/{mailbox.list()[0].id}").status_code == 200


@pytest.mark.parametrize(
    ("html", "text", "words"),
    [
        ("<head><title>no</title></head><p>Hello</p>\n<p>you</p>", "text", "Hello you"),
        ("<style>p{}</style><div>Short&zwnj;&nbsp;&#847;\u200c \u00ad</div><p>Then</p>", "", "Short Then"),
        ("", "Hello,\n\nyou", "Hello, you"),
        ("<p>" + "word " * 100, "", "word " * 27 + "word…"),
    ],
)
def test_the_preview_shows_the_first_visible_words(html: str, text: str, words: str) -> None:
    assert excerpt(html, text) == words
