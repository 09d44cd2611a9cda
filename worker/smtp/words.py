"""The relay's own words, fit for logs and terminals."""

from shared.log import redact

MAX_WORDS = 200  # Characters.


def words(text: str | bytes) -> str:
    """Return a text of another program on one line: without addresses, tokens and control characters, and bounded.

    A terminal would obey escape sequences, and some signs would turn the direction of the text around.
    """
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    printable = "".join(character if character.isprintable() else " " for character in text)
    # Redacted before it is cut: half of an address does not look like one.
    return redact(" ".join(printable.split()))[:MAX_WORDS]
