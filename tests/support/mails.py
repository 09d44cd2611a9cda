"""Emails for one job, as recipients get them."""

import email
import email.policy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage
from html import unescape
from typing import Any

from flask import Flask
from flask_mail import Mail, Message

from shared.languages import init_babel
from shared.outbox.jobs import Job
from worker.mails.messages import Messages
from worker.settings.settings import WorkerSettings

TOKEN = "WyI0MiJd.abc-_.def"
ADDRESS = "ada@example.com"
JOB = Job(
    id="0123456789abcdef",
    kind="forgot",
    request_id="",
    address_hash="",
    accepted_at=1795445520.0,  # 2026-11-23, 14:52 UTC.
    address=ADDRESS,
    client="203.0.113.42",
    browser="Firefox",
    system="Windows",
    old_state="fedcba9876543210",
)
ENVIRON = {
    "SECRET_KEY": "k7Qz2mVd9Rt4Wb8Xp3Lc6Hn5Js1Fy0Gu-Ea-Ti",
    "REDIS_URL": "redis://redis.example",
    "DATABASE_URL": "postgresql://db.example/app",
    "USERS_HASH_FORMAT": "bcrypt",
    "RESET_URL": "https://www.example.org/reset?from=mail&t={token}#top",
    "MAIL_SERVER": "mail.example.org",
    "MAIL_DEFAULT_SENDER": "Example <no-reply@mail.example.org>",
}


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """Return the text of an email, or its HTML."""
    body = mail.get_body((kind,))
    assert body
    return str(body.get_content())


@contextmanager
def speaking() -> Iterator[None]:
    """Run inside an app that can write emails."""
    app = Flask("worker")
    Mail(app)
    init_babel(app, "en", "UTC")
    with app.app_context():
        yield


def messages(**changes: str) -> Messages:
    return Messages(WorkerSettings.load(ENVIRON | changes))


def reset(address: str = ADDRESS, job: Job = JOB, **changes: str) -> Message:
    return messages(**changes).reset(job, address, TOKEN)


def both(job: Job = JOB, **changes: str) -> list[Message]:
    """Write one email of each kind."""
    return [reset(job=job, **changes), messages(**changes).password_changed(job)]


def written(**changes: Any) -> list[Message]:
    """Write one email of each kind for a job with these changes."""
    return both(replace(JOB, **changes))


def received(message: Message) -> EmailMessage:
    """Parse an email as the recipient's client does."""
    parsed = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def parts(message: Message) -> list[str]:
    """Return everything that people read: subject, text, HTML."""
    return [message.subject, str(message.body), str(message.html)]


def seen(html: str) -> str:
    """Return the visible text of an HTML part on one line, including the preheader."""
    without = re.sub(r"<!--.*?-->|<(style|title)>.*?</\1>|<[^>]*>", "", html, flags=re.DOTALL)
    return " ".join(unescape(without).split())
