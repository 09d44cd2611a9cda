"""`python -m dev.tools.look_alikes FILE`: write the table that api/passwords/readings.py reads.

FILE is `confusables.txt` of Unicode's UTS #39. Kept are the characters that look like one character of ASCII, with or
without marks. Small letters without a look-alike get that of their capital.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from unicodedata import category, normalize

from api.passwords.readings import LOOK_ALIKES, decomposed
from dev.stack.home import PROJECT

_LINE = re.compile(r"([0-9A-F]+) ;\t([0-9A-F ]+) ;\tMA")
_NOTICE = """\
# Characters that look like one of ASCII, both in hexadecimal. Made by dev/tools/look_alikes.py from
# confusables.txt of Unicode's UTS #39, version {version}.
# Copyright (c) Unicode, Inc. Permission is granted under the Unicode License V3, unicode.org/license.txt, and this
# notice must stay with the data.
"""


def look_alikes(text: str) -> dict[str, str]:
    """Return the characters to keep, case-folded, each with the character of ASCII that it looks like."""
    found = dict(_pairs(text))
    small = {source: plain for source, plain in found.items() if source == source.casefold()}
    capital = {source.casefold(): plain for source, plain in found.items() if len(source.casefold()) == 1}
    return capital | small


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if match := _LINE.match(line):
            source, target = chr(int(match[1], 16)), "".join(chr(int(code, 16)) for code in match[2].split())
            plain = "".join(sign for sign in normalize("NFKD", target) if not category(sign).startswith("M"))
            if len(plain) == 1 and plain.isascii() and not source.isascii() and decomposed(source) == source:
                yield source, plain.lower()


def main(source: Path) -> None:
    """Write the table."""
    text = source.read_text(encoding="utf-8-sig")
    [version] = re.findall(r"^# Version: (\S+)", text, re.MULTILINE)
    pairs = sorted((plain, sign) for sign, plain in look_alikes(text).items())
    lines = [f"{ord(sign):04X} {ord(plain):02X}\n" for plain, sign in pairs]
    (PROJECT / "api" / "passwords" / LOOK_ALIKES).write_text(_NOTICE.format(version=version) + "".join(lines), "ascii")
    print(f"Kept {len(lines)} characters.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
