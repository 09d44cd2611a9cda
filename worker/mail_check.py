"""Mails with templates of the operator's are written once at the start: a mistake would hold up every one of them."""

import time

from flask import Flask

from shared.jobs import Job
from shared.languages import LANGUAGES
from shared.templates import Templates
from worker.messages import Messages, environment
from worker.settings import WorkerSettings

_ID = "0" * 32
_ADDRESS = "someone@example.com"
# A job that says all, and one of which nothing is known.
_KNOWN: tuple[dict[str, str], ...] = ({"client": "203.0.113.42", "browser": "Firefox", "system": "Windows"}, {})


def check_mails(settings: WorkerSettings, flask: Flask) -> None:
    """Write every mail in every language, where TEMPLATE_FOLDER is set.

    Raises SettingsError.
    """
    messages = Messages(settings)

    def write() -> None:
        with flask.app_context():
            for language in LANGUAGES:
                for known in _KNOWN:
                    job = Job(_ID, "forgot", "", "", time.time(), address=_ADDRESS, locale=language, **known)
                    messages.reset(job, _ADDRESS, "example.of.a-token")
                    messages.password_changed(job)

    templates = Templates(settings.template_folder, "mails")
    templates.check(environment(templates.loader), write)
