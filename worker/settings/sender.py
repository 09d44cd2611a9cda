"""The settings for whom an email is from, where answers and bounces go, and which headers it has besides ours."""

import json
import re
from email.utils import parseaddr
from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from shared.addresses import InvalidAddress, envelope
from shared.settings.branding import one_line
from shared.settings.environment import FromEnvironment
from worker.mails.headers import OURS

MAX_HEADER = 900  # Characters: a line may have 998 (RFC 5322, 2.1.1), with the name.


def _address(value: str) -> str:
    """Return the address with its domain in ASCII.

    Raises ValueError if it cannot be the sender of every email.
    """
    try:
        address = envelope(value)
    except InvalidAddress:
        raise ValueError("is not a sender") from None
    if not address.isascii():
        raise ValueError("has letters beyond ASCII before its @, and few relays accept such a sender")
    return address


def _mailbox(value: str) -> str:
    name, address = parseaddr(one_line(value))
    shown = value.removesuffix(f"<{address}>").strip()
    # Without quotes, a comma or a colon would end the name or cut it.
    whole = shown.startswith('"') or " ".join(shown.split()) == name
    if value == address or (value.endswith(f"<{address}>") and whole):
        _address(address)
        return value
    if unquoted := re.fullmatch(r'"?([^<>"]+?)"? *<([^<>@\s]+@[^<>@\s]+)>', value):
        raise ValueError(f"""lacks quotes around its name. Write '"{unquoted[1]}" <{unquoted[2]}>'""")
    raise ValueError("is not a sender")


def _optional_mailbox(value: str) -> str:
    return _mailbox(value) if value else ""


def _optional_address(value: str) -> str:
    return _address(value) if value else ""


def _extra_headers(value: object) -> object:
    """Read a JSON object of headers, and refuse those that are ours or could be misread."""
    if not isinstance(value, str):
        return value
    try:
        pairs = json.loads(value, object_pairs_hook=list)
    except (ValueError, RecursionError):
        pairs = None
    if not isinstance(pairs, list) or not all(isinstance(pair, tuple) and isinstance(pair[1], str) for pair in pairs):
        raise ValueError("is not a JSON object of texts")
    names = [name.lower() for name, _ in pairs]
    for name, text in pairs:
        wrong = {
            "which Latchkey writes itself": name.lower() in OURS or name.lower().startswith(("content-", "resent-")),
            "which is there twice": names.count(name.lower()) > 1,
            "which is not the name of a header": not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,75}", name),
            f"whose text is not one line of {MAX_HEADER} ASCII characters at most": not re.fullmatch(
                rf"[!-~](?:[ -~]{{0,{MAX_HEADER - 2}}}[!-~])?", text
            ),
        }
        if complaint := next((complaint for complaint, applies in wrong.items() if applies), ""):
            raise ValueError(f"has {name!r}, {complaint}")
    return dict(pairs)


Sender = Annotated[
    str,
    AfterValidator(_mailbox),
    Field(description="The sender of the emails: `no-reply@example.com` or `Example <no-reply@example.com>`."),
]


class SenderSettings(FromEnvironment):
    """The settings that become headers and the envelope's sender."""

    mail_default_sender: Sender
    mail_reply_to: Annotated[str, AfterValidator(_optional_mailbox)] = Field(
        default="", description="Where answers go: `Support <support@example.com>`. Empty: to the sender."
    )
    mail_envelope_sender: Annotated[str, AfterValidator(_optional_address)] = Field(
        default="", description="Where the relay reports bounces: `bounces@example.com`. Empty: to the sender."
    )
    mail_extra_headers: Annotated[dict[str, str], BeforeValidator(_extra_headers)] = Field(
        default={},
        description='More headers, as JSON: `{"X-SES-CONFIGURATION-SET": "resets", "X-Mailgun-Tag": "resets"}`.',
    )

    @cached_property
    def sender(self) -> tuple[str, str]:
        """The sender's name and address, its domain in ASCII."""
        return _name_and_address(self.mail_default_sender)

    @cached_property
    def reply_to(self) -> tuple[str, str] | None:
        """Whom answers go to, in the same way, or None."""
        return _name_and_address(self.mail_reply_to) if self.mail_reply_to else None


def _name_and_address(value: str) -> tuple[str, str]:
    name, address = parseaddr(value)
    return name, envelope(address)
