"""Mails with templates of the operator's are written once at the start: a mistake would hold up every one of them."""

from collections.abc import Iterator
from dataclasses import replace
from html import unescape

from flask import Flask
from flask_mail import Message

from shared.languages import LANGUAGES
from shared.outbox.jobs import Job
from shared.settings.branding import one_line
from worker.mails.messages import MailSettings, Messages, environment, link, mail_templates

_ADDRESS = "someone@example.com"
# As long as a real one, so that a filter that breaks lines breaks it.
_TOKEN = f"{'example-' * 6}.aBcDeF.{'of-a-token-' * 3}"
# Of one request all is known, of the other nothing.
_KNOWN = Job("0" * 32, "forgot", "", "", 0.0, _ADDRESS, client="203.0.113.42", browser="Firefox", system="Windows")
_UNKNOWN = replace(_KNOWN, client="", browser="", system="")


def check_mails(settings: MailSettings, flask: Flask) -> None:
    """Write every mail in every language, where TEMPLATE_FOLDER is set.

    Raises SettingsError.
    """
    messages = Messages(settings)
    address = link(settings.reset_url, _TOKEN)

    def write() -> Iterator[str]:
        with flask.app_context():
            for language in LANGUAGES:
                for known in (_KNOWN, _UNKNOWN):
                    job = replace(known, locale=language)
                    reset = messages.reset(job, _ADDRESS, _TOKEN)
                    yield from (*_without_link(reset, address), *_subject("reset", reset))
                    yield from _subject("password_changed", messages.password_changed(job))

    templates = mail_templates(settings.template_folder)
    templates.check(environment(templates.loader), write)


def _without_link(reset: Message, address: str) -> Iterator[str]:
    """Tell the parts of the mail that nobody could follow."""
    for name, text in {"body.txt": str(reset.body), "body.html": unescape(str(reset.html))}.items():
        if address not in text:
            cure = "Write {{ link }} where it belongs, and let no filter break it."
            yield f"mails/reset/{name}, or what it is made of, lacks the link. {cure}"


def _subject(name: str, message: Message) -> Iterator[str]:
    """Tell a subject that could not be sent, or would be read as something else."""
    try:
        one_line(message.subject or "")
    except ValueError as error:
        yield f"mails/{name}/subject.txt {error}. Take out its line breaks."
        return
    if not message.subject:
        yield f"mails/{name}/subject.txt is empty. Write a line."
    message.as_bytes()  # What else cannot be sent ends the start here.
