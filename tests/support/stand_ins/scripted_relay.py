"""A relay on aiosmtpd that answers as a test tells it, and a mailer for it."""

import ssl
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from flask import Flask
from flask_mail import Mail

from tests.support.servers import free_port
from worker.smtp.mailer import Mailer


@dataclass
class Script:
    """Relays of this machine that answer `250 OK` to all but some commands, what they have seen, and their mailers."""

    cleanup: ExitStack
    answers: dict[str, str] = field(default_factory=dict)
    mails: list[Any] = field(default_factory=list)
    sessions: dict[Any, Any] = field(default_factory=dict)
    quits: int = 0
    pipelining: bool = False

    def listen(self, **options: Any) -> int:
        """Start one with aiosmtpd's options, and return its port."""
        controller = Controller(self, hostname="127.0.0.1", port=free_port(), **options)
        controller.start()
        self.cleanup.callback(controller.stop)
        return int(controller.port)

    def connect(self, context: Any = None, options: Any = None, bounds: Any = None, **config: Any) -> Mailer:
        """Start one with aiosmtpd's options, and set a mailer up for it with bounds and Flask-Mail's settings."""
        port = self.listen(**(options or {}))
        app = Flask("worker")
        app.config.update({"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": port} | config)
        Mail(app)
        self.cleanup.enter_context(app.app_context())
        mailer = Mailer(app, 1, context or ssl.create_default_context(), **(bounds or {}))
        self.cleanup.callback(mailer.close)
        return mailer

    # Both are aiosmtpd's: the name, and that it counts the arguments.
    async def handle_EHLO(self, _server: Any, session: Any, _mail: Any, name: str, answers: Any) -> Any:  # noqa: N802
        session.host_name = name
        return [*answers[:-1], *["250-PIPELINING"] * self.pipelining, answers[-1]]

    async def handle_MAIL(self, server: Any, session: Any, *rest: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.sessions[session.peer] = server
        rest[0].mail_from = rest[1]
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, *arguments: Any) -> str:  # noqa: N802 - aiosmtpd's name
        arguments[2].rcpt_tos.append(arguments[3])
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, *arguments: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if "DATA" not in self.answers:
            self.mails.append(arguments[2])
        return self.answers.get("DATA", "250 OK")

    async def handle_QUIT(self, server: Any, *_: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.quits += 1
        if "QUIT" in self.answers:
            server.transport.abort()
        return "221 Bye"
