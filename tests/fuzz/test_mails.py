"""Any product name, sender and stored address: the email has one recipient and only the expected headers."""

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage

import pytest
from flask_mail import Message
from hypothesis import example, given
from hypothesis import strategies as st

from shared.addresses import InvalidAddress, envelope
from shared.settings.environment import SettingsError
from tests.fuzz.test_addresses import texts as addresses
from tests.support.mails import ENVIRON, JOB, TOKEN, speaking
from worker.mails.headers import AUTOMATIC, UNTRACKED
from worker.mails.messages import Messages
from worker.settings.settings import WorkerSettings

HEADERS = {
    "Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID", "Content-Language",
    *AUTOMATIC, *UNTRACKED,
}  # fmt: skip
ENDS = ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]
injections = st.builds(
    "{}{}{}".format, st.text(max_size=5), st.sampled_from(ENDS), st.sampled_from(["Bcc: b@example.com", "\r\n", " x"])
)
encoded = st.sampled_from(["=?utf-8?q?=0D=0ABcc:_b@example.com?=", "=?utf-8?b?DQpCY2M6IGI=?=", "=?x", "?="])
names = st.text(st.characters(), max_size=80) | injections | encoded
senders = st.builds("{} <no-reply@example.com>".format, names) | st.builds('"{}" <a@b.example>'.format, names) | names


@pytest.fixture(autouse=True, scope="module")
def _flask_mail() -> Iterator[None]:
    with speaking():
        yield


TEMPLATES = Messages(WorkerSettings.load(ENVIRON)).environment


def messages(**environ: str) -> Messages | None:
    """Return a message writer if the settings are valid; the templates are compiled once for all."""
    try:
        settings = WorkerSettings.load(ENVIRON | environ)
    except SettingsError:
        return None
    writer = Messages(settings)
    writer.__dict__["environment"] = TEMPLATES
    return writer


def received(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def written(writer: Messages, address: str, kind: str) -> Message:
    if kind == "reset":
        return writer.reset(JOB, address, TOKEN)
    return writer.password_changed(replace(JOB, address=address))


def assert_one_mail(writer: Messages | None, address: str, kind: str) -> None:
    if writer is None:
        return
    try:
        mail = written(writer, address, kind)
    except InvalidAddress:
        return
    recipient = envelope(address)
    raw = mail.as_bytes()
    message = received(raw)

    assert mail.send_to == {recipient}
    assert not mail.has_bad_headers()
    assert len(message.keys()) == len(HEADERS)
    assert set(message.keys()) == HEADERS
    # Python reads UTF-8 in a header as surrogates.
    to = [each.addr_spec.encode("utf-8", "surrogateescape").decode() for each in message["To"].addresses]
    assert to == [recipient]
    assert [each.addr_spec for each in message["From"].addresses] == [writer.settings.sender[1]]
    assert len(str(message["Subject"]).splitlines()) == 1
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    text = message.get_body(("plain",))
    assert text is not None
    assert text.get_content().count(TOKEN) == (kind == "reset")


kinds = st.sampled_from(["reset", "password_changed"])


@given(names, kinds)
@example("Acme\x0cBcc: b@example.com", "reset")
def test_no_name_of_a_product_adds_a_header_or_a_recipient(name: str, kind: str) -> None:
    assert_one_mail(messages(PRODUCT_NAME=name), "ada@example.com", kind)


@given(senders, kinds)
@example('"=?utf-8?q?=0D=0ABcc:_b@example.com?=" <no-reply@example.com>', "reset")
@example("Acme\x0cBcc: b@example.com <no-reply@example.com>", "reset")
def test_no_sender_adds_a_header_or_a_recipient(sender: str, kind: str) -> None:
    assert_one_mail(messages(MAIL_DEFAULT_SENDER=sender), "ada@example.com", kind)


@given(addresses | st.builds("{}@example.com".format, encoded) | encoded.map("a{}@example.com".format), kinds)
@example("=?utf-8?q?bob=40example.com=2C?=@example.com", "reset")
def test_no_stored_address_adds_a_header_or_a_recipient(address: str, kind: str) -> None:
    assert_one_mail(messages(), address, kind)


@given(names | st.builds("{}@example.com".format, names))
def test_no_address_for_support_adds_a_header_or_a_recipient(support: str) -> None:
    assert_one_mail(messages(SUPPORT_EMAIL=support), "ada@example.com", "reset")
