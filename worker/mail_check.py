"""Mails with templates of the operator's are written once at the start: a mistake would hold up every one of them."""

from flask import Flask
from flask_babel import force_locale

from shared.languages import LANGUAGES
from worker.messages import Messages
from worker.settings import WorkerSettings


def check_mails(settings: WorkerSettings, flask: Flask) -> None:
    """Write every mail in every language, where TEMPLATE_FOLDER is set.

    Raises SettingsError.
    """
    messages = Messages(settings)

    def write() -> None:
        for language in LANGUAGES:
            with flask.app_context(), force_locale(language):
                messages.reset("example", "someone@example.com", "example.of.a-token")
                messages.password_changed("example", "someone@example.com")

    messages.check(write)
