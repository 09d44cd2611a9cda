"""The bytes sent to the relay are those that Flask-Mail would have written, but for names and texts beyond ASCII."""

import re
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from flask import Flask
from flask_mail import Mail as FlaskMail
from flask_mail import Message

from worker.mails.mime import Mail

LONG = "a long text of many words that does not fit on one line of seventy-eight characters, whoever folds it"


def both(**options: str) -> tuple[bytes, bytes]:
    """Write the same email with our class and with Flask-Mail's."""
    app = Flask("test")
    FlaskMail(app)
    known: dict[str, Any] = {
        "subject": "Subject",
        "body": "Text\nFrom here on\n.\n",
        "html": "<p>Text</p>",
        "sender": "no-reply@example.com",
    }
    arguments = known | options
    with app.app_context():
        ours, theirs = (kind(recipients=["anna@example.com"], date=1e9, **arguments) for kind in (Mail, Message))
        theirs.msgId = ours.msgId
        return ours.as_bytes(), theirs.as_bytes()


def without_boundaries(mail: bytes) -> bytes:
    return re.sub(rb"=====[=0-9a-f]{15,}", b"BOUNDARY", mail).replace(b";\r\n boundary", b"; boundary")


@pytest.mark.parametrize("subject", ["Subject", "Überblick", LONG])
def test_headers_are_written_as_flask_mail_writes_them(subject: str) -> None:
    ours, theirs = both(subject=subject)

    assert without_boundaries(ours) == without_boundaries(theirs)


@pytest.mark.parametrize("text", ["", "Text", "x" * 2000, ".\n..\nFrom a line\n", "no end of line"])
def test_texts_are_written_as_flask_mail_writes_them(text: str) -> None:
    ours, theirs = both(body=text, html=f"<p>{text}</p>")

    assert without_boundaries(ours) == without_boundaries(theirs)


@pytest.mark.parametrize("text", ["Grüße\r\nan alle", "ü" * 2000, "=ü \n.\nFrom a line\n \n", "नमस्ते " * 200])
def test_texts_beyond_ascii_are_read_as_flask_mails_are_and_sent_in_seven_bits(text: str) -> None:
    ours, theirs = both(body=text, html=f"<p>{text}</p>")

    for kind in ("plain", "html"):
        texts = [message_from_bytes(raw, policy=default).get_body((kind,)) for raw in (ours, theirs)]
        assert texts[0].get_content() == texts[1].get_content()  # type: ignore[union-attr]
    assert ours.isascii()
    assert max(map(len, ours.split(b"\r\n"))) <= 78


def test_boundaries_are_never_the_same() -> None:
    boundaries = [re.findall(rb'boundary="(.*?)"', both()[0]) for _ in range(2)]

    assert len({boundary for pair in boundaries for boundary in pair}) == 4
