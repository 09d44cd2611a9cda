"""Mails with templates of the operator's are written once at the start: a mistake would hold up every one of them."""

from dataclasses import replace

from flask import Flask

from shared.jobs import Job
from shared.languages import LANGUAGES
from shared.templates import Templates
from worker.messages import Messages, environment
from worker.settings import WorkerSettings

_ADDRESS = "someone@example.com"
# Of one request all is known, of the other nothing.
_KNOWN = Job("0" * 32, "forgot", "", "", 0.0, _ADDRESS, client="203.0.113.42", browser="Firefox", system="Windows")
_UNKNOWN = replace(_KNOWN, client="", browser="", system="")


def check_mails(settings: WorkerSettings, flask: Flask) -> None:
    """Write every mail in every language, where TEMPLATE_FOLDER is set.

    Raises SettingsError.
    """
    messages = Messages(settings)

    def write() -> None:
        with flask.app_context():
            for language in LANGUAGES:
                for known in (_KNOWN, _UNKNOWN):
                    job = replace(known, locale=language)
                    messages.reset(job, _ADDRESS, "example.of.a-token")
                    messages.password_changed(job)

    templates = Templates(settings.template_folder, "mails")
    templates.check(environment(templates.loader), write)
