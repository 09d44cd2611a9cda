"""Words that anybody guessing a person's password would know: their address and the product's name."""

import re
from collections.abc import Iterable
from unicodedata import normalize

from api.passwords.readings import readings
from shared.addresses import InvalidAddress, spellings

MIN_WORD_LENGTH = 3  # Characters. Shorter parts occur in too many passwords by chance.
_LETTERS = str.maketrans("@483!|1l05$7+", "aabeiiiiosstt")


def words_of_address(address: str) -> set[str]:
    """Return the address, its local part and domain, their parts except the top-level domain, and all reversed."""
    words: set[str] = set()
    try:
        forms = spellings(address)  # With the domain in Unicode and in ASCII.
    except InvalidAddress:
        forms = [address]
    for form in forms:
        local, _, domain = form.partition("@")
        words |= _words([form, local, *re.split(r"[._+-]", local), domain, *domain.split(".")[:-1]])
    return words


def words_of_name(name: str) -> set[str]:
    """Return a name, with and without its spaces, and its words, and all reversed."""
    words = re.findall(r"\w+", name)
    return _words([name, "".join(words), *words])


def without(password: str, words: Iterable[str]) -> str:
    """Remove the words from a password wherever they occur, also with digits and symbols for letters."""
    return _take_out(password, words)[0]


def words_in(password: str, words: Iterable[str]) -> set[str]:
    """Return the words that occur in a password: of overlapping ones, the longest."""
    return _take_out(password, words)[1]


def _take_out(password: str, words: Iterable[str]) -> tuple[str, set[str]]:
    password = normalize("NFC", password)
    folded, found = _fold(password), set()
    for word in sorted(words, key=len, reverse=True):
        while (start := folded.find(word)) >= 0:
            end = start + len(word)
            folded, password = folded[:start] + folded[end:], password[:start] + password[end:]
            found.add(word)
    return password, found


def _words(parts: Iterable[str]) -> set[str]:
    long = [part for part in parts if len(part) >= MIN_WORD_LENGTH]
    folded = {_fold(normalize("NFC", form)) for part in long for form in readings(part) if len(form) >= MIN_WORD_LENGTH}
    return folded | {word[::-1] for word in folded}


def _fold(text: str) -> str:
    """Replace accented letters and look-alike characters by one plain letter each; the length stays the same."""
    return "".join(normalize("NFKD", character)[0].lower()[:1] for character in text).translate(_LETTERS)
