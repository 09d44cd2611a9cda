"""The languages of pages, emails and answers: which there are, which one a request gets, and their catalogues."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from babel import Locale
from flask import Flask
from flask_babel import Babel, ngettext
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

DEFAULT = "en"
# By Babel's identifier, each language's own name. The texts in the code are English; the others have a catalogue each.
LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "pt_BR": "Português (Brasil)",
    "it": "Italiano",
    "nl": "Nederlands",
    "pl": "Polski",
    "tr": "Türkçe",
    "uk": "Українська",
    "ar": "العربية",
    "hi": "हिन्दी",
    "ja": "日本語",
    "zh_Hans": "简体中文",
}
CATALOGUES = Path(__file__).parent / "translations"
_HOUR, _MINUTE = 3600, 60  # Seconds.
_MAX_HEADER_LENGTH = 256  # Characters of Accept-Language that are read; browsers send some thirty.
_MAX_TAG_LENGTH = 35  # RFC 5646, 4.4.1.
_BY_TAG = {code.partition("_")[0]: code for code in LANGUAGES}


def negotiate(wanted: str, accept: str, default: str = DEFAULT) -> str:
    """Return the language that a request names, or the best one for its Accept-Language (RFC 9110, 12.5.4).

    The region is ignored: a request for pt-PT or zh-TW gets the only Portuguese or Chinese available.
    """
    return _negotiate(wanted[:_MAX_TAG_LENGTH], accept[:_MAX_HEADER_LENGTH], default)


@lru_cache(maxsize=1024)
def _negotiate(wanted: str, accept: str, default: str) -> str:
    # The header's languages, best first, without those that it refuses (q=0).
    accepted = parse_accept_header(accept, LanguageAccept)
    tags = [wanted, *(tag for tag, quality in accepted if quality > 0)]
    found = (_BY_TAG.get(tag.replace("_", "-").partition("-")[0].lower()) for tag in tags)
    return next(filter(None, found), default)


def tag(code: str) -> str:
    """Return a language's tag for HTML and HTTP (BCP 47): `pt-BR` for `pt_BR`."""
    return code.replace("_", "-")


def direction(code: str) -> str:
    """Return `rtl` for a language that is written from right to left, else `ltr`."""
    return Locale.parse(code).text_direction


def language_values(code: str) -> dict[str, str]:
    """Return the language values for templates: tag, direction, and the separator between two sentences."""
    # Japanese and Chinese full stops include the space.
    gap = "" if code in {"ja", "zh_Hans"} else " "
    return {"lang": tag(code), "dir": direction(code), "gap": gap}


def lifetime(seconds: int) -> str:
    """Return a sentence that says how long the link works, in hours if it is a whole number of them."""
    if seconds % _HOUR:
        return ngettext(  # type: ignore[no-any-return]
            "The link works once and expires in %(num)d minute.",
            "The link works once and expires in %(num)d minutes.",
            seconds // _MINUTE,
        )
    return ngettext(  # type: ignore[no-any-return]
        "The link works once and expires in %(num)d hour.",
        "The link works once and expires in %(num)d hours.",
        seconds // _HOUR,
    )


def init_babel(app: Flask, default: str, timezone: str, selector: Callable[[], str] | None = None) -> None:
    """Set up Flask-Babel: the app's catalogues, and `_()` in its templates."""
    Babel(
        app,
        default_locale=default,
        default_timezone=timezone,
        default_translation_directories=str(CATALOGUES),
        locale_selector=selector,
    )
