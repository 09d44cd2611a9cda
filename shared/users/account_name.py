"""The name of an account as an email may show it: one short line that nobody can take for a link."""

import re
import unicodedata

from shared.addresses import INVISIBLE

MAX_NAME_LENGTH = 60
MAX_READ = 1000  # Characters of a stored name. Unicode's normal forms take the square of the length of accents.
_JOINERS = "\u200c\u200d"  # Persian and Hindi words, and some emoji, are written with them.
# People choose their own names, and may register with another person's address: what email programs make a link of, and
# what asks to be called, would be a stranger's words in an email of ours.
_LINK = re.compile(r"://|www\.|@|\w\.[^\W_][\w-]|\d{1,3}(\.\d{1,3}){3}|\d[\d\s()./-]{7,}\d", re.IGNORECASE)
_HIDDEN = re.compile(f"[{INVISIBLE}]")
# What looks like a full stop, by Unicode's confusables.txt and IDNA (UTS #46, 2.3), besides what NFKD makes one.
_FULL_STOP = re.compile("[\u0589\u06d4\u0701\u0702\u3002\ua4f8\ua4fa\ua60e\U00010a50\U0001d16d]")


def shown_name(value: object) -> str:
    """Return a stored name for an email: without control characters, and cut to MAX_NAME_LENGTH.

    Return an empty string for a name that looks like a web or email address or a telephone number.
    """
    if value is None or isinstance(value, bytes):
        return ""
    text = " ".join("".join(map(_visible, _HIDDEN.sub("", str(value)[:MAX_READ]))).split())
    if _LINK.search(_plain(text)):
        return ""
    return text if len(text) <= MAX_NAME_LENGTH else f"{text[: MAX_NAME_LENGTH - 1].rstrip()}…"


def _plain(text: str) -> str:
    """Return the bare letters and signs, as a reader takes them, without accents and joiners."""
    apart = unicodedata.normalize("NFKD", re.sub(f"[{_JOINERS}]", "", text))
    return _FULL_STOP.sub(".", "".join(each for each in apart if unicodedata.category(each) not in {"Mn", "Me"}))


def _visible(character: str) -> str:
    """Return a character, a space for one that separates or controls lines, nothing for one that hides or reorders."""
    category = unicodedata.category(character)
    if category[0] == "Z" or category == "Cc":
        return " "
    return character if category[0] != "C" or character in _JOINERS else ""
