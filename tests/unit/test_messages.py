import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from html import escape

import pytest
from flask import Flask
from flask_mail import Mail, Message

from shared.addresses import InvalidAddress
from worker.messages import Messages, link
from worker.settings import WorkerSettings

TOKEN = "WyI0MiJd.abc-_.def"
JOB = "0123456789abcdef"
ENVIRON = {
    "SECRET_KEY": "abcdefghijklmnopqrstuvwxyz0123456789",
    "REDIS_URL": "redis://redis.example",
    "DATABASE_URL": "postgresql://db.example/app",
    "USERS_HASH_FORMAT": "bcrypt",
    "RESET_URL": "https://www.example.org/reset?from=mail&t={token}#top",
    "MAIL_SERVER": "mail.example.org",
    "MAIL_DEFAULT_SENDER": "Example <no-reply@mail.example.org>",
}


@pytest.fixture(autouse=True)
def _flask_mail() -> Iterator[None]:
    app = Flask("worker")
    Mail(app)
    with app.app_context():
        yield


def messages(**changes: str) -> Messages:
    return Messages(WorkerSettings.load(ENVIRON | changes))


def reset(address: str = "ada@example.com", **changes: str) -> Message:
    return messages(**changes).reset(JOB, address, TOKEN)


def both(**changes: str) -> list[Message]:
    """Write one mail of each kind."""
    return [reset(**changes), messages(**changes).password_changed(JOB, "ada@example.com")]


def received(message: Message) -> EmailMessage:
    """Read the mail as its receiver does."""
    parsed = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def parts(message: Message) -> list[str]:
    """Return all that people read: subject, text, HTML."""
    return [message.subject, str(message.body), str(message.html)]


@pytest.mark.parametrize(
    ("reset_url", "expected"),
    [
        ("https://x.example/r/{token}", f"https://x.example/r/{TOKEN}"),
        ("https://x.example/#/reset?t={token}", f"https://x.example/#/reset?t={TOKEN}"),
        ("https://x.example/r?a=%20{token}&b=1", f"https://x.example/r?a=%20{TOKEN}&b=1"),
        ("https://x.example/r", f"https://x.example/r#token={TOKEN}"),
        ("https://x.example/r?locale=de", f"https://x.example/r?locale=de#token={TOKEN}"),
    ],
)
def test_the_link_is_the_configured_one_byte_for_byte_with_the_token_in_it(reset_url: str, expected: str) -> None:
    assert link(reset_url, TOKEN) == expected


def test_text_and_html_both_hold_the_link_as_their_readers_resolve_it() -> None:
    url = f"https://www.example.org/reset?from=mail&t={TOKEN}#top"

    text, html = (received(reset()).get_body((kind,)) for kind in ("plain", "html"))

    assert text is not None
    assert html is not None
    assert text.get_content().split().count(url) == 1
    assert html.get_content().count(f'href="{escape(url)}"') == 2


def test_the_reset_mail_says_how_long_the_link_works() -> None:
    _, text, html = parts(reset(RESET_TOKEN_MAX_AGE="2700"))

    assert "45 minutes" in text
    assert "45 minutes" in html


def test_the_notice_holds_no_link_to_click() -> None:
    _, text, html = parts(both()[1])

    assert "http" not in text
    assert "href" not in html


def test_the_two_mails_say_what_they_are_for_in_their_subjects() -> None:
    assert [message.subject for message in both(PRODUCT_NAME="Acme")] == [
        "Reset your Acme password",
        "Your Acme password was changed",
    ]


def test_a_mail_tells_other_mail_systems_not_to_answer() -> None:
    for message in both():
        assert received(message)["Auto-Submitted"] == "auto-generated"
        assert received(message)["X-Auto-Response-Suppress"] == "All"


def test_the_message_id_comes_from_the_job_and_the_senders_domain() -> None:
    for message in both():
        assert received(message)["Message-ID"] == f"<{JOB}@mail.example.org>"


@pytest.mark.parametrize(
    ("domain", "in_ascii"), [("bücher.example", "xn--bcher-kva.example"), ("faß.example", "xn--fa-hia.example")]
)
def test_a_sender_of_an_international_domain_is_written_in_its_ascii_form(domain: str, in_ascii: str) -> None:
    message = received(reset(MAIL_DEFAULT_SENDER=f"Bücher <no-reply@{domain}>"))

    assert message["From"] == f"Bücher <no-reply@{in_ascii}>"
    assert message["Message-ID"] == f"<{JOB}@{in_ascii}>"


@pytest.mark.parametrize("name", ["Bücher", "Doe, Jane", 'The "best" shop'])
def test_a_senders_name_reaches_the_receiver_as_it_is(name: str) -> None:
    quoted = name.replace('"', '\\"')

    message = received(reset(MAIL_DEFAULT_SENDER=f'"{quoted}" <a@b.example>'))

    assert message["From"].addresses[0].display_name == name
    assert message["From"].addresses[0].addr_spec == "a@b.example"


def test_the_recipient_is_the_stored_address_with_its_domain_in_ascii() -> None:
    message = reset("Ada@Bücher.example")

    assert message.send_to == {"Ada@xn--bcher-kva.example"}
    assert received(message)["To"] == "Ada@xn--bcher-kva.example"
    assert received(message)["From"] == "Example <no-reply@mail.example.org>"


def test_a_stored_address_that_cannot_be_mailed_to_is_refused() -> None:
    with pytest.raises(InvalidAddress):
        reset("ädä@example.com")
    with pytest.raises(InvalidAddress):
        messages().password_changed(JOB, "ada@example.com, bob@example.com")


def test_the_product_is_escaped_in_html_and_left_alone_in_text_and_subject() -> None:
    for message in both(PRODUCT_NAME="Tom & <b>Jerry's</b>"):
        subject, text, html = parts(message)

        assert "Tom & <b>Jerry's</b>" in subject
        assert "Tom & <b>Jerry's</b>" in text
        assert "Tom &amp; &lt;b&gt;Jerry&#39;s&lt;/b&gt;" in html
        assert "<b>Jerry" not in html


def test_a_product_of_any_script_arrives_in_the_subject() -> None:
    assert received(reset(PRODUCT_NAME="Schlüssel 🔑"))["Subject"] == "Reset your Schlüssel 🔑 password"


def test_the_support_address_is_shown_where_it_is_set() -> None:
    for message in both(SUPPORT_EMAIL="help@example.org"):
        _, text, html = parts(message)

        assert "Questions? Write to help@example.org." in text
        assert 'href="mailto:help@example.org"' in html


def test_nobody_is_named_for_questions_where_no_support_address_is_set() -> None:
    for message in both():
        assert not any("Questions" in part or "mailto" in part for part in parts(message))


def test_no_mail_shows_the_braces_of_its_template_or_a_placeholder() -> None:
    for message in both() + both(SUPPORT_EMAIL="help@example.org"):
        for part in parts(message):
            assert not any(sign in part for sign in ("{{", "}}", "{%", "%}", "{token}", "None", "Undefined"))
            assert "\n\n\n" not in part.strip()
