"""The first words of a mail, as a mail client shows them below the subject."""

import re
from html.parser import HTMLParser

MAX_LENGTH = 140
_NOT_SHOWN = {"head", "style", "script", "title"}
# Mails pad their preheader with invisible characters, so that no other text follows it.
_INVISIBLE = re.compile("[\\s\u00ad\u034f\u200b-\u200f\u2007\u2060\ufeff]+")


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        if tag in _NOT_SHOWN:
            self._hidden.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            self._hidden.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(data)


def excerpt(html: str, text: str) -> str:
    """Return the first words of the HTML, or of the text if there is no HTML."""
    words = _Words()
    words.feed(html)
    line = _INVISIBLE.sub(" ", " ".join(words.found) or text).strip()
    return line if len(line) <= MAX_LENGTH else line[: MAX_LENGTH - 1].rstrip() + "…"
