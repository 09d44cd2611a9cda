"""Colours with enough contrast to be read (WCAG 2.2, 1.4.3)."""

MIN_CONTRAST = 4.5  # The contrast that text of any size needs.
CONTROL_CONTRAST = 3.0  # What is needed to see a control (1.4.11).
EASY_CONTRAST = 7.0  # Enhanced contrast (1.4.6).
_STEPS = 100
_DARK = 0.04045  # Below it sRGB is linear (IEC 61966-2-1).


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours such as `#1f5fbf`: from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable(color: str, ground: str, enough: float = MIN_CONTRAST) -> str:
    """Return the colour, or the nearest tone towards black or white that has enough contrast on the ground."""
    if contrast(color, ground) >= enough:
        return color
    goal = max(("#000000", "#ffffff"), key=lambda end: contrast(end, ground))
    tones = (_mixed(color, goal, step / _STEPS) for step in range(_STEPS + 1))
    return next(tone for tone in tones if contrast(tone, ground) >= enough)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(part / 255) for part in bytes.fromhex(color[1:]))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= _DARK else ((part + 0.055) / 1.055) ** 2.4)


def _mixed(color: str, goal: str, share: float) -> str:
    pairs = zip(bytes.fromhex(color[1:]), bytes.fromhex(goal[1:]), strict=True)
    return "#" + bytes(round(one + (other - one) * share) for one, other in pairs).hex()
