"""Names of every script, in every language: header fields that a strict reader of RFC 2047 and 5322 reads."""

import base64
import quopri
import re
from collections.abc import Iterator
from dataclasses import replace
from email.utils import parseaddr

import pytest

from shared.languages import LANGUAGES
from tests.support.mails import JOB, both, messages, reset, speaking
from worker.mails.header_fields import field, free_text, mailbox

NAMES = [
    "Example",
    "Müller & Söhne",
    "Żółć",
    "Société Générale de l'Énergie Électrique",
    "Ünal Şirketi A.Ş.",
    "Київстар",
    "Θεσσαλονίκη",
    "متجر الكتب",
    "पुस्तक भंडार",
    "株式会社日本語",
    "中文公司",
    "한국어 회사",
    "Schlüssel 🔑 👨‍👩‍👧",
    "Größe = 5?_ =!",
]
ENCODED_WORD = re.compile(r"=\?utf-8\?([bq])\?([!->@-~]+)\?=")


@pytest.fixture(autouse=True, scope="module")
def _speaking() -> Iterator[None]:
    with speaking():
        yield


def decoded(value: str) -> str:
    """Read a field's value as RFC 2047 tells, and refuse what it forbids."""
    read, encoded_before = "", False
    for space, word in re.findall(r"( *)([^ ]+)", value):
        if "=?" not in word:
            read, encoded_before = f"{read}{space}{word}", False
            continue
        found = ENCODED_WORD.fullmatch(word)
        assert found, f"no encoded word, or one with something beside it: {word}"
        assert len(word) <= 75
        raw = (
            base64.b64decode(found[2], validate=True) if found[1] == "b" else quopri.decodestring(found[2], header=True)
        )
        # Each word is whole characters by itself; space between two of them does not count.
        read += ("" if encoded_before else space) + raw.decode()
        encoded_before = True
    return read


def fields(raw: bytes) -> dict[str, str]:
    """Unfold the header fields, and refuse lines that are too long."""
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii").removesuffix("\r\n")
    for line in head.split("\r\n"):
        assert len(line) <= (76 if "=?" in line else 78)
        assert line.strip()
    return dict(line.split(": ", 1) for line in re.sub(r"\r\n(?=[ \t])", "", head).split("\r\n"))


@pytest.mark.parametrize("name", NAMES)
def test_subject_and_sender_are_read_as_they_were_meant_in_every_language(name: str) -> None:
    for language in LANGUAGES:
        for message in both(
            replace(JOB, locale=language),
            PRODUCT_NAME=name,
            MAIL_DEFAULT_SENDER=f'"{name}" <no-reply@mail.example.org>',
        ):
            found = fields(message.as_bytes())

            assert decoded(found["Subject"]) == message.subject
            assert parseaddr(found["From"])[1] == "no-reply@mail.example.org"
            assert decoded(found["From"].rpartition(" <")[0]).strip('"') == name


@pytest.mark.parametrize("name", ["Example", "Doe, Jane", "Bob's shop", "The long Company of Booksellers " * 3])
def test_a_name_in_ascii_is_not_encoded(name: str) -> None:
    for message in both(PRODUCT_NAME="Acme", MAIL_DEFAULT_SENDER=f'"{name.strip()}" <no-reply@mail.example.org>'):
        assert b"=?" not in message.as_bytes().partition(b"\r\n\r\n")[0]
        assert parseaddr(fields(message.as_bytes())["From"])[0] == name.strip()


@pytest.mark.parametrize("length", range(1, 200, 7))
@pytest.mark.parametrize("letter", ["ü", "漢", "🔑", "a "])
def test_a_text_of_any_length_is_folded_where_it_may_be(letter: str, length: int) -> None:
    value = f"x{letter * length}ü"

    folded = field("Subject", free_text("Subject", value)) + field("From", mailbox("From", value, "a@example.org"))
    found = fields(folded)

    assert decoded(found["Subject"]) == value
    assert decoded(found["From"]) == f"{value} <a@example.org>"


def test_runs_of_spaces_in_ascii_survive_folding() -> None:
    value = "word   with  spaces " * 10 + "end"

    assert fields(field("Subject", free_text("Subject", value)))["Subject"] == value


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\x00"])
def test_a_control_character_ends_no_field(end: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        free_text("Subject", f"Hello{end}Bcc: eve@example.com")


def test_a_long_address_stays_in_one_piece() -> None:
    address = f"{'a' * 64}@{'.'.join(['b' * 40] * 4)}.example"

    assert f"\r\nTo: {address}\r\n".encode() in reset(address).as_bytes()


def test_an_address_beyond_ascii_is_written_in_utf_8_and_nothing_else_is() -> None:
    address = "jürgen@bücher.example"

    for message in (reset(address), messages().password_changed(replace(JOB, address=address))):
        raw = message.as_bytes()

        assert "\r\nTo: jürgen@xn--bcher-kva.example\r\n".encode() in raw
        assert raw.replace("jürgen@xn--bcher-kva.example".encode(), b"").isascii()
        assert "jürgen@xn--bcher-kva.example" in str(message.body)
