"""The floor for mailing: a single process sends latchkey's mail with Flask-Mail over one connection.

The texts are rendered only once, so that sending is measured and not the templates.
"""

import time
from itertools import count

from flask import Flask
from flask_mail import Connection, Mail, Message

from shared.languages import DEFAULT, init_babel
from shared.outbox.jobs import Job
from worker.mails.messages import Messages
from worker.settings.settings import WorkerSettings

TOKEN = "x" * 130  # As long as a real one.


def send(connection: Connection, texts: Message, number: int) -> None:
    """Send one mail."""
    message = Message(
        texts.subject,
        recipients=[f"u{number}@example.com"],
        body=texts.body,
        html=texts.html,
        sender=texts.sender,
        extra_headers=texts.extra_headers,
    )
    connection.send(message)


def main() -> None:
    """Send mails until the process is terminated."""
    settings = WorkerSettings.load()
    app = Flask("floor")
    app.config.update(MAIL_SERVER=settings.mail_server, MAIL_PORT=settings.mail_port)
    mail = Mail(app)
    init_babel(app, DEFAULT, "UTC")
    job = Job("0" * 32, "forgot", "", "", time.time())
    with app.app_context(), mail.connect() as connection:
        texts = Messages(settings).reset(job, "u0@example.com", TOKEN)
        for number in count():
            send(connection, texts, number)


if __name__ == "__main__":
    main()
