"""Bold and coloured text for terminals that support it."""

from collections.abc import Mapping
from typing import TextIO

_CODES = {"bold": "1", "dim": "2", "link": "1;36"}


class Look:
    """Styles text, or leaves it plain."""

    def __init__(self, *, plain: bool) -> None:
        self._plain = plain

    def __call__(self, look: str, words: str) -> str:
        """Style the words as `bold`, `dim` or `link`."""
        return words if self._plain else f"\x1b[{_CODES[look]}m{words}\x1b[0m"


def look_of(stream: TextIO, environ: Mapping[str, str]) -> Look:
    """Use plain text for files and pipes, and if NO_COLOR is set (no-color.org)."""
    return Look(plain=not stream.isatty() or bool(environ.get("NO_COLOR")) or environ.get("TERM") == "dumb")
