"""Recognise keys that are not random: sequences, repeats, words, and the examples in our own files."""

import re

EXAMPLE_SECRET = "replace-me-with-32-or-more-random-characters"  # noqa: S105 - refused at start; it is what .env.example says
EXAMPLE_TOKEN = "16-or-more-random-characters"  # noqa: S105 - the same for METRICS_TOKEN
_ALPHABET, _DIGITS = "abcdefghijklmnopqrstuvwxyz", "12345678901"
_KEYBOARDS = (
    *("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn"),
    *("1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "qazwsxedcrfvtgbyhnujmikolp", "1q2w3e4r5t6y7u8i9o0p"),
)
_WORDS = ("changeme", "secret", "password", "example", "default", "insecure", "development", "production", "latchkey")
_SENTENCES = ("the quick brown fox jumps over the lazy dog", "correct horse battery staple")
_SEPARATORS = re.compile(r"[\s._~+/:;,|=-]+")
_REPEATED = re.compile(r"(.)\1+")
_MIN_PIECE = 4  # Characters. A random key rarely repeats so many.
_STRIDES = (1, 2, 3)  # Sequences may be interleaved, as in a1b2c3.
_MAX_READ = 128  # Characters. A key is strong enough by then, and the time grows with the square.


def unpredictable(key: str) -> int:
    """Count the characters of a key that neither continue nor repeat anything known; a piece that does counts as one.

    A random key keeps nearly all of its characters: of 32 digits, 20 or more.
    """
    text = _bare(key)[:_MAX_READ]
    return min(sum(_pieces(text[start::stride]) for start in range(stride)) for stride in _STRIDES)


def _bare(text: str) -> str:
    """Return a text without what is easily varied: capitals, separators, and repeats of a character."""
    return _REPEATED.sub(r"\1", _SEPARATORS.sub("", text.casefold()))


def _pieces(text: str) -> int:
    """Count the pieces of a text, each as long as it can be found in what is known or in the text before it."""
    count = start = 0
    while start < len(text):
        start = _end_of_piece(text, start)
        count += 1
    return count


def _end_of_piece(text: str, start: int) -> int:
    end = start + _MIN_PIECE
    while end <= len(text) and _is_known(text, start, end):
        end += 1
    return end - 1 if end > start + _MIN_PIECE else start + 1


def _is_known(text: str, start: int, end: int) -> bool:
    piece = text[start:end]
    return piece in _KNOWN or piece in text[: end - 1] or piece[::-1] in text[:start]


_SERIES = [series[start::step] for series in (_ALPHABET, _DIGITS) for step in (1, 2) for start in range(step)]
_FORWARDS = " ".join([*_SERIES, *_KEYBOARDS, *map(_bare, (EXAMPLE_SECRET, EXAMPLE_TOKEN, *_WORDS, *_SENTENCES))])
_KNOWN = f"{_FORWARDS} {_FORWARDS[::-1]}"
