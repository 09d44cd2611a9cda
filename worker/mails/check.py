"""Write every email once at start if the operator has templates: a mistake would delay every one of them."""

from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from itertools import product

from flask import Flask
from flask_mail import Message

from shared.languages import LANGUAGES
from shared.outbox.jobs import Job
from shared.settings.branding import one_line
from worker.mails.messages import Messages, link
from worker.settings.settings import MailSettings

# As long as a real one, so that a filter that breaks long lines breaks it too.
_TOKEN = f"{'an-example-' * 5}.aBcDeF.{'opens-nothing-' * 3}"
EXAMPLE = Job(
    id="0" * 32,
    kind="forgot",
    request_id="",
    address_hash="",
    accepted_at=0.0,
    address="you@example.com",
    client="203.0.113.42",
    browser="Firefox",
    system="Windows",
    account="Anna Example",
    old_state="1" * 32,
)
BARE = replace(EXAMPLE, client="", browser="", system="", account="")


def examples(messages: Messages, job: Job) -> dict[str, Message]:
    """Write each of the emails once."""
    return {
        "reset": messages.reset(job, job.address, _TOKEN),
        "password_changed": messages.password_changed(job),
        "first_password": messages.first_password(job, job.address, _TOKEN),
        "sign_in": messages.sign_in(job, job.address),
    }


def check_mails(settings: MailSettings, flask: Flask) -> None:
    """Write every email in every language, if TEMPLATE_FOLDER is set.

    Raises SettingsError.
    """
    messages = Messages(settings)
    address = link(settings.reset_url, _TOKEN)

    def write() -> Iterator[str]:
        with flask.app_context():
            for language, job in product(LANGUAGES, (EXAMPLE, BARE)):
                mails = examples(messages, replace(job, locale=language))
                for name in ("reset", "first_password"):
                    yield from _without_link(name, mails[name], address)
                for name, message in mails.items():
                    yield from _subject(name, message)

    messages.templates.check(messages.environment, write)


def _without_link(name: str, message: Message, address: str) -> Iterator[str]:
    """Find the parts of an email that lack a working link."""
    for file, text in {"body.txt": str(message.body), "body.html": unescape(str(message.html))}.items():
        if address not in text:
            hint = "Write {{ link }} where it belongs, without a filter that breaks it."
            yield f"mails/{name}/{file}, or a template that it uses, lacks the link. {hint}"


def _subject(name: str, message: Message) -> Iterator[str]:
    """Find a subject that could not be sent, or would be read as something else."""
    try:
        one_line(message.subject or "")
    except ValueError as error:
        yield f"mails/{name}/subject.txt {error}. Remove its line breaks."
        return
    if not message.subject:
        yield f"mails/{name}/subject.txt is empty. Write one line."
    message.as_bytes()  # Anything else that cannot be sent raises here.
