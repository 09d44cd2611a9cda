"""How many guesses a password takes: zxcvbn, kept from what would make it slow."""

from math import prod

from zxcvbn import zxcvbn

PIECE = 20  # Characters read at a time. zxcvbn's time grows with their square, and it holds the GIL.
PIECES = 2  # What comes after them is not read.
MOST_READINGS = 4  # Ways to read digits and symbols as letters. Each costs about a millisecond; there are hundreds.
# The letters for which zxcvbn knows several characters, as those characters.
_STANDING_FOR_ONE = ("4@", "({[<", "69", "1!|", "1|7", "$5", "+7")
_LETTERS = str.maketrans("@({[<!|$+%", "accccilstx")


def withstands(password: str, guesses: int) -> bool:
    """Tell whether somebody who knows what people choose needs at least so many guesses.

    The pieces of a long password are judged apart, and the second one only where the first is not enough.
    """
    found = 1.0
    for piece in _pieces(password):
        if found < guesses:
            found *= float(zxcvbn(_readable(piece))["guesses"])
    return found >= guesses


def _pieces(password: str) -> list[str]:
    """Cut a password up; of one that repeats something, what it repeats is all there is to guess."""
    for period in range(1, min(PIECE, len(password) // 2) + 1):
        if password.startswith(password[period:]):
            return [password[:period]]
    return [password[start : start + PIECE] for start in range(0, len(password), PIECE)][:PIECES]


def _readable(text: str) -> str:
    """Replace symbols by the letters they are used for, where zxcvbn would try them in too many combinations."""
    readings = prod(max(1, sum(character in text for character in group)) for group in _STANDING_FOR_ONE)
    return text if readings <= MOST_READINGS else text.translate(_LETTERS)
