"""The colours of the hosted pages can be read, in light and in dark (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest

from shared import branding
from shared.colors import ENOUGH, contrast

STYLES = (Path(__file__).parents[2] / "api/static/latchkey.css").read_text()
TEXTS = [
    ("text", "card"), ("text", "back"), ("soft", "card"), ("soft", "back"), ("accent", "card"),
    ("on-accent", "accent"), ("warn", "card"), ("warn", "warn-back"), ("text", "warn-back"), ("good", "card"),
]  # fmt: skip
CONTROLS = [("line", "card"), ("warn", "card"), ("accent", "card"), ("accent", "back")]
ENOUGH_FOR_CONTROLS = 3.0


def colors(scheme: str) -> dict[str, str]:
    block = STYLES.split(":root {")[1 if scheme == "light" else 2].split("}")[0]
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", block))
    return {name: "#" + value[1:] * (2 if len(value) == 4 else 1) for name, value in found.items()}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_and_the_borders_of_controls_stand_out(scheme: str) -> None:
    found = colors(scheme)

    assert [pair for pair in TEXTS if contrast(found[pair[0]], found[pair[1]]) < ENOUGH] == []
    assert [pair for pair in CONTROLS if contrast(found[pair[0]], found[pair[1]]) < ENOUGH_FOR_CONTROLS] == []


def test_a_colour_of_the_brand_is_checked_on_the_ground_that_it_stands_on() -> None:
    assert (colors("light")["card"], colors("dark")["card"]) == (branding.LIGHT, branding.DARK)
