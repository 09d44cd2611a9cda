"""How the demo's words look on a terminal that knows bold and colours."""

from collections.abc import Mapping
from typing import TextIO

_CODES = {"bold": "1", "dim": "2", "link": "1;36"}


class Look:
    """Marks words, or leaves them plain."""

    def __init__(self, *, plain: bool) -> None:
        self._plain = plain

    def __call__(self, look: str, words: str) -> str:
        """Mark the words as `bold`, `dim` or `link`."""
        return words if self._plain else f"\x1b[{_CODES[look]}m{words}\x1b[0m"


def look_of(stream: TextIO, environ: Mapping[str, str]) -> Look:
    """Choose plain words for files and pipes, and for those who want them so (no-color.org)."""
    return Look(plain=not stream.isatty() or bool(environ.get("NO_COLOR")) or environ.get("TERM") == "dumb")
