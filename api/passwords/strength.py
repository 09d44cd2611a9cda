"""Estimate with zxcvbn how many guesses a password takes. Its input is reduced first, to keep it fast."""

from math import prod

from zxcvbn import zxcvbn

MAX_SEARCHED = 256  # Characters that are searched for repeats, which takes quadratic time.
MAX_READ = 32  # Characters. The time of zxcvbn grows with the square, and it holds the GIL.
MIN_REPEAT = 4  # Characters. Removing shorter repeats would break up words that zxcvbn knows.
MAX_READINGS = 2  # Ways to read digits and symbols as letters. Each costs about a millisecond.
# A group for each letter that zxcvbn reads several characters as: these characters.
_STANDING_FOR_ONE = ("4@", "({[<", "69", "1!|", "1|7", "$5", "+7")
_LETTERS = str.maketrans("@({[<!|$+%", "accccilstx")


def is_hard_to_guess(password: str, guesses: int) -> bool:
    """Tell whether an attacker who knows common passwords needs at least this many guesses.

    Repeated text is removed, and the first 32 characters of the rest are estimated. They are also split into two texts
    of every other character, to find words with another character between their letters. The lower result counts.
    """
    # Compatibility forms of Unicode make a text up to 18 times as long.
    text = _once(password[:MAX_SEARCHED])[:MAX_READ]
    return _guesses(text) >= guesses and _guesses(text[::2]) * _guesses(text[1::2]) >= guesses


def _guesses(text: str) -> float:
    return float(zxcvbn(_readable(text))["guesses"]) if text else 1.0


def _once(text: str) -> str:
    """Remove text that repeats earlier text, ignoring case, because it makes a password no harder to guess."""
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
    """Replace symbols by the letters that they stand for, if zxcvbn would otherwise try too many combinations."""
    readings = prod(max(1, sum(character in text for character in group)) for group in _STANDING_FOR_ONE)
    return text if readings <= MAX_READINGS else text.translate(_LETTERS)
