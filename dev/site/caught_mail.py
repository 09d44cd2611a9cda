"""The mails that the demo's inbox has caught, in memory."""

import re
import secrets
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from threading import Lock

from dev.site.excerpt import excerpt

CAPACITY = 500


@dataclass(frozen=True)
class Mail:
    """One mail, as the inbox shows it; `to` is who really gets it, whatever its header says."""

    id: str
    to: str
    subject: str
    text: str
    html: str
    received_at: str
    sender: str = ""
    excerpt: str = ""
    headers: str = ""

    @property
    def sender_name(self) -> str:
        """The name of the sender; the address where there is none, or all that stands there."""
        name, address = parseaddr(self.sender)
        return name or address or self.sender

    @property
    def sender_address(self) -> str:
        """The address of the sender, where there is a name beside it."""
        name, address = parseaddr(self.sender)
        return address if name else ""


class Mailbox:
    """The newest mails; safe to use from several threads."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._mails: deque[Mail] = deque(maxlen=capacity)
        self._lock = Lock()

    def add(self, mail: Mail) -> None:
        """Keep a mail, and drop the oldest where there is no room."""
        with self._lock:
            self._mails.appendleft(mail)

    def list(self) -> Sequence[Mail]:
        """Return all mails, newest first."""
        with self._lock:
            return tuple(self._mails)

    def get(self, mail_id: str) -> Mail | None:
        """Return one mail, if it is still here."""
        return next((mail for mail in self.list() if mail.id == mail_id), None)

    def clear(self) -> None:
        """Drop all mails."""
        with self._lock:
            self._mails.clear()


def read_mail(content: bytes, recipients: Sequence[str]) -> Mail:
    """Read a mail as it came over SMTP, with the recipients of its envelope."""
    message = message_from_bytes(content, policy=policy.default)
    text, html = _body(message, "plain"), _body(message, "html")
    return Mail(
        id=secrets.token_hex(8),
        to=", ".join(recipients),
        subject=_header(message, "Subject"),
        text=text,
        html=html,
        received_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        sender=_header(message, "From"),
        excerpt=excerpt(html, text),
        headers=re.split(rb"\r?\n\r?\n", content, maxsplit=1)[0].decode(errors="replace").replace("\r\n", "\n"),
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message[name] or "")
    except Exception:
        # A mail may hold anything, and Python's parser does not survive all of it. The headers as they came are shown.
        return ""


def _body(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    if part is None:
        return ""
    try:
        content: str = part.get_content()
    except LookupError:
        # The mail names a charset that Python does not know: better a few wrong letters than no mail.
        content = bytes(part.get_payload(decode=True)).decode(errors="replace")
    return content.replace("\r\n", "\n")
