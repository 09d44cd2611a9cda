"""Write header fields: folded, and as encoded words (RFC 2047) where they hold more than ASCII.

Python's newer policies would do both, and at times do them wrong: they end an encoded word in the middle of a word, or
lose the space between two (CPython issues 92081 and 144156). Some mail systems refuse such emails. The older Header
makes encoded words of the whole text, and never breaks a character.
"""

import re
from email.charset import SHORTEST, Charset
from email.header import Header
from email.utils import formataddr
from functools import lru_cache

from shared.words import CONTROL_CHARACTERS

MAX_LINE = 78  # Characters, without the end of the line: RFC 5322, 2.1.1.
MAX_ENCODED_LINE = 76  # The same for a line with an encoded word: RFC 2047, 2.
_UTF_8 = Charset("utf-8")
_UTF_8.header_encoding = SHORTEST


@lru_cache(maxsize=64)  # Most headers are the same in most emails, and so are the subjects of a language.
def field(name: str, value: str) -> bytes:
    """Return a header field as it is sent; what is folded already stays as it is."""
    line = f"{name}: {value}"
    # An address is the only thing here that may not be ASCII: RFC 6532.
    return ((line if "\r\n" in value else _folded(line)) + "\r\n").encode()


@lru_cache(maxsize=64)
def free_text(name: str, value: str) -> str:
    """Return the value of a field of free text, such as Subject, folded if it is encoded.

    Raises ValueError if it has control characters, which could begin another field.
    """
    if CONTROL_CHARACTERS.search(value):
        raise ValueError("a header has a control character")
    return value if value.isascii() else Header(value, _UTF_8, MAX_ENCODED_LINE, name).encode(linesep="\r\n")


@lru_cache(maxsize=64)
def mailbox(name: str, display_name: str, address: str) -> str:
    """Return the value of a field of one address, in ASCII, with the name that is shown for it.

    Raises ValueError.
    """
    encoded = free_text(name, display_name)
    if display_name.isascii():
        return formataddr((display_name, address))
    last_line = f"{name}: {encoded}".rpartition("\r\n")[2]
    space = " " if len(f"{last_line} <{address}>") <= MAX_ENCODED_LINE else "\r\n "
    return f"{encoded}{space}<{address}>"


def _folded(line: str) -> str:
    """Break a line before words; one that is too long by itself stays whole, as RFC 5322 allows."""
    first, *words = re.split(r"(?<!:)(?= [^ ])", line)
    lines = [first]
    for word in words:
        if len(lines[-1]) + len(word) > MAX_LINE:
            lines.append(word)
        else:
            lines[-1] += word
    return "\r\n".join(lines)
