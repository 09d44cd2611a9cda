"""What the scripts of the pages ask for, read from the scripts themselves."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

_SCRIPTS = Path(__file__).parent / "static"
_IMPORTED = re.compile(r'from "\./([\w.-]+)"')
# show() and end() take the id of a section.
_ASKED = re.compile(r'\b(?:byId|show|end)\("([\w-]+)"')


def ids_asked_for(script: str) -> set[str]:
    """Return the ids of elements that a script, or one that it imports, cannot do without."""
    source = (_SCRIPTS / script).read_text(encoding="utf-8")
    return set(_ASKED.findall(source)).union(*map(ids_asked_for, _IMPORTED.findall(source)))


def missing_from(page: str, script: str) -> Iterator[str]:
    """Tell what a page lacks for its script: the script, or elements by their ids."""
    found = _Elements(page)
    if script not in found.scripts:
        yield f"the script {script}"
    for name in sorted(ids_asked_for(script) - found.ids):
        yield f'id="{name}"'


class _Elements(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.scripts: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.ids.add(known.get("id") or "")
        if tag == "script":
            self.scripts.add(PurePosixPath(known.get("src") or "").name)
