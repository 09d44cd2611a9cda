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
    """One mail, as the inbox shows it; `to` holds the recipients of the envelope, not of the header."""

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
        """The sender's name, else the address, else the whole header."""
        name, address = parseaddr(self.sender)
        return name or address or self.sender

    @property
    def sender_address(self) -> str:
        """The sender's address, or nothing if `sender_name` already shows it."""
        name, address = parseaddr(self.sender)
        return address if name else ""


class Mailbox:
    """The newest mails; thread-safe."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._mails: deque[Mail] = deque(maxlen=capacity)
        self._lock = Lock()

    def add(self, mail: Mail) -> None:
        """Store a mail, and drop the oldest if the mailbox is full."""
        with self._lock:
            self._mails.appendleft(mail)

    def list(self) -> Sequence[Mail]:
        """Return all mails, newest first."""
        with self._lock:
            return tuple(self._mails)

    def get(self, mail_id: str) -> Mail | None:
        """Return one mail, or None if it has been dropped."""
        return next((mail for mail in self.list() if mail.id == mail_id), None)

    def clear(self) -> None:
        """Drop all mails."""
        with self._lock:
            self._mails.clear()


def read_mail(content: bytes, recipients: Sequence[str]) -> Mail:
    """Parse a mail received over SMTP; the recipients are those of its envelope."""
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
        # A mail may contain anything, and some of it crashes Python's parser. The inbox still shows the raw headers.
        return ""


def _body(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    if part is None:
        return ""
    try:
        content: str = part.get_content()
    except LookupError:
        # Python does not know the mail's charset. A few wrong letters are better than no mail.
        content = bytes(part.get_payload(decode=True)).decode(errors="replace")
    return content.replace("\r\n", "\n")
