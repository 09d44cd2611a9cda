"""The words of other programs, such as a relay or a database, fit for logs and terminals."""

import re

from shared.log import redact

MAX_WORDS = 200  # Characters.
# At some of these characters Python ends a header, and the rest would become another header.
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def words(text: str | bytes) -> str:
    """Return a text of another program on one line: without addresses, tokens and control characters, and bounded."""
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    # Redacted before it is cut: half of an address does not look like one.
    return redact(" ".join(printable(text).split()))[:MAX_WORDS]


def printable(text: str) -> str:
    """Return a text with a space for each character that is not printable.

    A terminal would obey escape sequences, and some characters would turn the direction of the text around.
    """
    return "".join(character if character.isprintable() else " " for character in text)
