"""The texts that a password is judged as: what was typed, and what a person or a cracking tool reads in it.

They are never stored or hashed: your application compares what was typed.
"""

import re
from functools import cache
from importlib.resources import files
from unicodedata import category, combining, digit, name, normalize

from shared.addresses import IGNORABLE

LOOK_ALIKES = "look_alikes.txt"
# What nobody sees: Unicode's Default_Ignorable_Code_Point, control characters, and the blank of Braille.
_UNSEEN = re.compile(rf"[{IGNORABLE}\x01-\x08\x0e-\x1f\x7f-\x9f\u2800]")
# A Latin letter in other clothes: with a stroke or hook, turned, a small capital, negative squared, part of a flag.
_LATIN = re.compile(r"(?:LATIN .*|REGIONAL INDICATOR SYMBOL LETTER )\b([A-Z]{1,2})(?: WITH .*)?")
_MARKS = {"Mn", "Mc"}
_ANY_SCRIPT = range(200, 255)  # Combining classes of marks that belong to no script.


def readings(password: str) -> list[str]:
    """Return the password as typed, without what nobody sees, and in plain letters, as far as these differ.

    Letters of other scripts stay, except those that look like a character of ASCII (UTS #39).
    """
    if password.isascii() and not _UNSEEN.search(password):
        return [password]
    plain = normalize("NFKC", _without_marks("".join(map(_plain, decomposed(password)))))
    return list(dict.fromkeys([password, seen(normalize("NFKC", password)), plain]))


def seen(text: str) -> str:
    """Return a text without characters that nobody sees, and without marks on letters that have none."""
    return _without_marks(normalize("NFC", _UNSEEN.sub("", text)))


def decomposed(text: str) -> str:
    """Return a text without what nobody sees, in its simplest characters: full-width or bold letters become plain."""
    return _UNSEEN.sub("", normalize("NFKD", text))


def _without_marks(text: str) -> str:
    """Remove marks that belong to no script or enclose a character, and any mark on a character of ASCII.

    Other marks, such as vowels of Hindi or Thai, are letters to those who type them.
    """
    kept = ""
    for sign in text:
        kind, on_ascii = category(sign), kept[-1:].isascii()
        if not (kind == "Me" or (kind in _MARKS and (on_ascii or combining(sign) in _ANY_SCRIPT))):
            kept += sign
    return kept


def _plain(sign: str) -> str:
    """Return the character of ASCII that a character stands for, or the character itself."""
    if sign.isascii():
        return sign
    value = digit(sign, None)
    return str(value) if value is not None else "".join(_look_alike(small) for small in sign.casefold())


def _look_alike(sign: str) -> str:
    latin = _LATIN.search(name(sign, ""))
    return _table().get(sign) or (latin[1].lower() if latin else sign)


@cache
def _table() -> dict[str, str]:
    lines = (files("api.passwords") / LOOK_ALIKES).read_text("ascii").splitlines()
    pairs = [line.split() for line in lines if not line.startswith("#")]
    return {chr(int(sign, 16)): chr(int(plain, 16)) for sign, plain in pairs}
