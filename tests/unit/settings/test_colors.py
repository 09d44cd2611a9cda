"""Contrast ratios as WCAG defines them, and adjusted colours that reach them."""

import pytest

from shared.settings.branding import DARK, DARK_TEXT, LIGHT, Branding
from shared.settings.colors import CONTROL_CONTRAST, EASY_CONTRAST, MIN_CONTRAST, contrast, readable

BRIGHT = ["#f59e0b", "#ffd400", "#ffffff", "#00ff00", "#ff6600"]
# White cannot be read on them, and neither can the usual dark text.
BETWEEN = ["#777777", "#e91e63", "#7b7b7b"]
COLORS = ["#000000", "#1f5fbf", "#b00020", "#0b6e4f", "#6a1b9a", "#767676", "#8a5a00", "#0000ff"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        # On white, a ratio of 4.5 lies between these two greys; contrast checkers agree.
        ("#767676", "#ffffff", 4.54),
        ("#777777", "#ffffff", 4.48),
        ("#ff0000", "#ffffff", 4.0),
        ("#0000ff", "#ffffff", 8.59),
        ("#00ff00", "#000000", 15.3),
        ("#010101", "#000000", 1.01),
    ],
)
def test_the_contrast_is_that_of_wcag_whichever_colour_comes_first(one: str, other: str, expected: float) -> None:
    assert round(contrast(one, other), 2) == pytest.approx(expected, abs=0.005)
    assert contrast(one, other) == contrast(other, one)


@pytest.mark.parametrize("ground", [LIGHT, DARK, "#777777"])
@pytest.mark.parametrize("color", [*COLORS, "#ffffff", "#ffd400", "#777777", "#1b212a"])
def test_an_adjusted_colour_is_readable_and_as_close_as_possible(color: str, ground: str) -> None:
    tone = readable(color, ground)

    assert contrast(tone, ground) >= MIN_CONTRAST
    # Adjusted in steps of a hundredth, so the result is barely above the minimum.
    assert tone == color or contrast(tone, ground) < MIN_CONTRAST * 1.06


def test_a_readable_colour_stays_as_it_is() -> None:
    assert readable("#1f5fbf", LIGHT) == "#1f5fbf"


def test_a_tone_keeps_its_hue() -> None:
    red, green, blue = (int(readable("#ff0000", LIGHT)[at : at + 2], 16) for at in (1, 3, 5))

    assert (green, blue) == (0, 0)
    assert red > 200


@pytest.mark.parametrize("color", COLORS + BRIGHT + BETWEEN)
def test_whatever_the_brands_colour_is_all_that_is_written_in_it_or_on_it_can_be_read(color: str) -> None:
    brand = Branding(brand_color=color)

    assert contrast(brand.on_brand_color, color) >= MIN_CONTRAST
    assert contrast(brand.link_color, LIGHT) >= MIN_CONTRAST
    assert contrast(brand.edge_color, LIGHT) >= CONTROL_CONTRAST
    assert contrast(brand.dark_brand_color, DARK) >= EASY_CONTRAST
    assert contrast(DARK_TEXT, brand.dark_brand_color) >= MIN_CONTRAST


def test_text_on_the_brands_colour_is_white_where_white_can_be_read() -> None:
    texts = {color: Branding(brand_color=color).on_brand_color for color in COLORS + BRIGHT + BETWEEN}

    assert {texts[color] for color in COLORS} == {LIGHT}
    assert {texts[color] for color in BRIGHT} == {DARK_TEXT}
    assert {texts[color] for color in BETWEEN}.isdisjoint({LIGHT, DARK_TEXT})


@pytest.mark.parametrize("color", COLORS)
def test_a_colour_that_can_be_read_on_white_is_used_as_it_is(color: str) -> None:
    brand = Branding(brand_color=color)

    assert (brand.link_color, brand.edge_color) == (color, color)
