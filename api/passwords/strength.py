"""How many guesses a password takes: zxcvbn, kept from what would make it slow."""

from math import prod

from zxcvbn import zxcvbn

MAX_READ = 40  # Characters. zxcvbn's time grows with their square, and it holds the GIL.
MIN_REPEAT = 4  # Characters. Without shorter ones, zxcvbn would not know many words any more.
MAX_READINGS = 4  # Ways to read digits and symbols as letters. Each costs about a millisecond; there are hundreds.
# The letters for which zxcvbn knows several characters, as those characters.
_STANDING_FOR_ONE = ("4@", "({[<", "69", "1!|", "1|7", "$5", "+7")
_LETTERS = str.maketrans("@({[<!|$+%", "accccilstx")


def is_hard_to_guess(password: str, guesses: int) -> bool:
    """Tell whether somebody who knows what people choose needs at least so many guesses.

    What stood before does not count again, and of the rest the first 40 characters. They are read as they stand, and as
    two texts that take turns, for letters with something between them.
    """
    text = _once(password)[:MAX_READ]
    return min(_guesses(text), _guesses(text[::2]) * _guesses(text[1::2])) >= guesses


def _guesses(text: str) -> float:
    return float(zxcvbn(_readable(text))["guesses"]) if text else 1.0


def _once(text: str) -> str:
    """Leave out what is the same, but for capitals, as something before it: there is nothing to guess in it."""
    folded = "".join(character.lower()[:1] for character in text)
    kept, place = "", 0
    while place < len(text):
        end = place
        while end < len(text) and folded[place : end + 1] in folded[:place]:
            end += 1
        if end - place < MIN_REPEAT:
            end = place + 1
            kept += text[place]
        place = end
    return kept


def _readable(text: str) -> str:
    """Replace symbols by the letters they are used for, where zxcvbn would try them in too many combinations."""
    readings = prod(max(1, sum(character in text for character in group)) for group in _STANDING_FOR_ONE)
    return text if readings <= MAX_READINGS else text.translate(_LETTERS)
