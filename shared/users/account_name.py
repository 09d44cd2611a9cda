"""The name of an account as an email may show it: one short line that nobody can take for a link."""

import re
import unicodedata

MAX_NAME_LENGTH = 60
_JOINERS = "\u200c\u200d"  # Persian and Hindi words, and some emoji, are written with them.
# People choose their own names, and may register with another person's address: what email programs make a link of, and
# what asks to be called, would be a stranger's words in an email of ours.
_LINK = re.compile(r"://|www\.|@|\w\.[^\W_][\w-]|\d[\d\s()./-]{7,}\d", re.IGNORECASE)


def shown_name(value: object) -> str:
    """Return a stored name for an email: without control characters, and cut to MAX_NAME_LENGTH.

    Return an empty string for a name that looks like a web or email address or a telephone number.
    """
    if value is None or isinstance(value, bytes):
        return ""
    text = " ".join("".join(map(_visible, str(value))).split())
    plain = unicodedata.normalize("NFKC", re.sub(f"[{_JOINERS}]", "", text)).replace("\u3002", ".")
    if _LINK.search(plain):
        return ""
    return text if len(text) <= MAX_NAME_LENGTH else f"{text[: MAX_NAME_LENGTH - 1].rstrip()}…"


def _visible(character: str) -> str:
    """Return a character, a space for one that separates or controls lines, nothing for one that hides or reorders."""
    category = unicodedata.category(character)
    if category[0] == "Z" or category == "Cc":
        return " "
    return character if category[0] != "C" or character in _JOINERS else ""
