"""Words that everybody knows who guesses at one person's password: their address, and the product's name."""

import re
from collections.abc import Iterable
from unicodedata import normalize

from shared.addresses import InvalidAddress, spellings

MIN_WORD_LENGTH = 3  # Characters. Shorter parts stand in too many words by chance.
_LETTERS = str.maketrans("@483!|1l05$7+", "aabeiiiiosstt")


def words_of_address(address: str) -> set[str]:
    """List the address, its two sides, and the parts of both but the top-level domain; and each backwards."""
    words: set[str] = set()
    try:
        forms = spellings(address)  # The domain as people read it, and as it is stored.
    except InvalidAddress:
        forms = [address]
    for form in forms:
        local, _, domain = form.partition("@")
        words |= _words([form, local, *re.split(r"[._+-]", local), domain, *domain.split(".")[:-1]])
    return words


def words_of_name(name: str) -> set[str]:
    """List a name, with and without its spaces, and its words; and each backwards."""
    words = re.findall(r"\w+", name)
    return _words([name, "".join(words), *words])


def without(password: str, words: Iterable[str]) -> str:
    """Take the words out, wherever they stand, also with digits and symbols for letters."""
    password = normalize("NFC", password)
    folded = _fold(password)
    for word in sorted(words, key=len, reverse=True):
        while (start := folded.find(word)) >= 0:
            end = start + len(word)
            folded, password = folded[:start] + folded[end:], password[:start] + password[end:]
    return password


def _words(parts: Iterable[str]) -> set[str]:
    folded = {_fold(normalize("NFC", part)) for part in parts if len(part) >= MIN_WORD_LENGTH}
    return folded | {word[::-1] for word in folded}


def _fold(text: str) -> str:
    """Make characters alike that stand for one letter, with an accent or without; as many come out as went in."""
    return "".join(normalize("NFKD", character)[0].lower()[:1] for character in text).translate(_LETTERS)
