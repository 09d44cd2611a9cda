"""Catalogues that prefix every text of the API with its language, so that an untranslated text is noticed."""

from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo

from shared.languages import LANGUAGES

API = Path(__file__).parents[2] / "api"
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None}  # The same keywords that the Makefile passes to pybabel.
# Texts that are the same in English and another language.
_SYSTEM, _BROWSER, _ACCOUNT = "System: %(system)s", "Browser: %(browser)s", "Account: %(name)s"
SAME_AS_ENGLISH = {
    "de": {"Link", _SYSTEM, _BROWSER},
    "pt_BR": {"Link"},
    "it": {"Link", _BROWSER, _ACCOUNT},
    "nl": {"Link", _BROWSER, _ACCOUNT},
    "pl": {"Link", _SYSTEM},
}


@cache
def marked_texts() -> list[str]:
    """List the texts in the API's Python files that are marked for translation."""
    return [str(found[2]) for found in extract_from_dir(API, [("**.py", "python")], keywords=KEYWORDS)]


def write_catalogues(folder: Path) -> None:
    """Write a catalogue for each language except English."""
    for code in LANGUAGES.keys() - {"en"}:
        catalogue = Catalog(locale=code)
        for text in marked_texts():
            catalogue.add(text, f"[{code}] {text}")
        target = folder / code / "LC_MESSAGES" / "messages.mo"
        target.parent.mkdir(parents=True)
        with target.open("wb") as file:
            write_mo(file, catalogue)
