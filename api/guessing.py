"""How many guesses a password takes: zxcvbn, kept from what would make it slow."""

from math import prod

from zxcvbn import zxcvbn

READ = 24  # Characters. zxcvbn's time grows with their square, and it holds the GIL.
MOST_READINGS = 4  # Ways to read digits and symbols as letters. Each costs about a millisecond; there are hundreds.
# The letters for which zxcvbn knows several characters, as those characters.
_STANDING_FOR_ONE = ("4@", "({[<", "69", "1!|", "1|7", "$5", "+7")
_LETTERS = str.maketrans("@({[<!|$+%", "accccilstx")


def guesses(password: str) -> float:
    """Estimate after how many guesses somebody who knows what people choose has found the password.

    Only its first 24 characters count, which can make the answer too low and never too high.
    """
    if not password:
        return 1  # zxcvbn raises there.
    estimate = zxcvbn(_readable(password[:READ]))
    return float(estimate["guesses"])


def _readable(text: str) -> str:
    """Replace symbols by the letters they are used for, where zxcvbn would try them in too many combinations."""
    readings = prod(max(1, sum(character in text for character in group)) for group in _STANDING_FOR_ONE)
    return text if readings <= MOST_READINGS else text.translate(_LETTERS)
