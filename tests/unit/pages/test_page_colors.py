"""The colours of the hosted pages are readable in light and dark mode (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest

from api.pages.brand import styles
from shared.settings import branding
from shared.settings.colors import MIN_CONTRAST, contrast
from worker.mails.preview import write_all
from worker.settings.settings import PreviewSettings

ROOT = Path(__file__).parents[3]
PAGES = (ROOT / "api/pages/static/latchkey.css").read_text()
BRAND = styles(branding.Branding())
DEMO = (ROOT / "dev/site/static/demo.css").read_text()
TEXTS = [
    ("text", "card"), ("text", "back"), ("soft", "card"), ("soft", "back"), ("link", "card"),
    ("on-accent", "accent"), ("warn", "card"), ("warn", "warn-back"), ("text", "warn-back"), ("good", "card"),
]  # fmt: skip
CONTROLS = [("line", "card"), ("warn", "card"), ("accent-edge", "card"), ("link", "card"), ("link", "back")]
ENOUGH_FOR_CONTROLS = 3.0


def declared(sheet: str, scheme: str) -> dict[str, str]:
    *_, block = sheet.split(":root {", 1 if scheme == "light" else 2)
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", block.partition("}")[0]))
    return {name: "#" + value[1:] * (2 if len(value) == 4 else 1) for name, value in found.items()}


def colors(scheme: str) -> dict[str, str]:
    return declared(PAGES, scheme) | declared(BRAND, scheme)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_and_the_borders_of_controls_stand_out(scheme: str) -> None:
    found = colors(scheme)

    assert [pair for pair in TEXTS if contrast(found[pair[0]], found[pair[1]]) < MIN_CONTRAST] == []
    assert [pair for pair in CONTROLS if contrast(found[pair[0]], found[pair[1]]) < ENOUGH_FOR_CONTROLS] == []


def test_brand_colours_are_checked_on_the_pages_background() -> None:
    assert (colors("light")["card"], colors("dark")["card"]) == (branding.LIGHT, branding.DARK)


def test_the_brands_colours_stand_in_its_own_stylesheet_alone() -> None:
    assert declared(PAGES, "light").keys() & declared(BRAND, "light").keys() == set()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_demos_pages_have_the_same_colours(scheme: str, tmp_path: Path) -> None:
    preview = write_all(PreviewSettings(), tmp_path).read_text()

    for sheet in (DEMO, preview):
        theirs, ours = declared(sheet, scheme), colors(scheme)
        assert len(theirs.keys() & ours.keys()) >= 5
        assert {name: theirs[name] for name in theirs.keys() & ours.keys()}.items() <= ours.items()
