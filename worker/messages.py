"""From a user and a link to a mail: subject, text, HTML and headers. One folder of templates for each mail."""

from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parseaddr
from functools import cached_property
from typing import Literal

from flask_mail import Message
from jinja2 import Environment, StrictUndefined, select_autoescape

from shared.addresses import envelope
from shared.templates import Templates
from worker.mime import Mail
from worker.settings import WorkerSettings

# Tells other mail systems not to answer (RFC 3834, 5; the second is Exchange's).
_HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


@dataclass(frozen=True)
class Messages:
    """Writes the mails."""

    settings: WorkerSettings

    def reset(self, mail_id: str, address: str, token: str) -> Message:
        """Write the mail with the link.

        Raises InvalidAddress where the stored address cannot be mailed to.
        """
        minutes = self.settings.reset_token_max_age // 60
        return self._write("reset", mail_id, address, link=link(self.settings.reset_url, token), minutes=minutes)

    def password_changed(self, mail_id: str, address: str) -> Message:
        """Write the notice that the password was changed.

        Raises InvalidAddress.
        """
        return self._write("password_changed", mail_id, address)

    def check(self, write: Callable[[], object]) -> None:
        """Look at the templates of TEMPLATE_FOLDER; `write` writes every mail once.

        Raises SettingsError.
        """
        Templates(self.settings.template_folder, "mails").check(self._templates, write)

    def _write(
        self, name: Literal["reset", "password_changed"], mail_id: str, address: str, **values: object
    ) -> Message:
        values |= {"product": self.settings.product_name, "support": self.settings.support_email}
        subject, text, html = (self._templates.get_template(f"{name}/{part}").render(values) for part in _PARTS)
        message = Mail(
            subject.strip(),
            recipients=[envelope(address)],
            body=text,
            html=html,
            sender=self._sender[1],
            extra_headers=dict(_HEADERS),
        )
        # Not as an argument: Flask-Mail would make one text of both, and encode a name that is encoded once more.
        message.sender = self._sender
        # One id for one matter, so that the rare double is recognisable.
        message.msgId = f"<{mail_id}@{self._domain}>"
        return message

    @cached_property
    def _sender(self) -> tuple[str, str]:
        """The sender with its domain in ASCII by IDNA 2008; Flask-Mail would encode it by the rules of 2003."""
        name, address = parseaddr(self.settings.mail_default_sender)
        return name, envelope(address)

    @cached_property
    def _domain(self) -> str:
        return self._sender[1].partition("@")[2]

    @cached_property
    def _templates(self) -> Environment:
        return Environment(
            loader=Templates(self.settings.template_folder, "mails").loader,
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            auto_reload=False,  # Compiled once: it would look at the files for each mail.
            trim_blocks=True,
            lstrip_blocks=True,
        )


_PARTS = ("subject.txt", "body.txt", "body.html")


def link(reset_url: str, token: str) -> str:
    """Return the link for a token; a fragment by default, because it reaches no server, log or Referer."""
    return reset_url.replace("{token}", token) if "{token}" in reset_url else f"{reset_url}#token={token}"
