"""`python -m dev.tools.common_passwords FILE`: write the list that api/passwords/common_passwords.py reads.

FILE holds leaked passwords, one per line, most frequent first. For each minimum length that can be configured, the 3000
most frequent passwords of at least that length are kept (OWASP ASVS 5.0, 6.2.4), or all if there are fewer.
"""

import sys
from pathlib import Path

from api.passwords.common_passwords import FILE, digest
from dev.stack.home import PROJECT

MINIMUM_LENGTHS = range(8, 65)
OF_EACH = 3000


def most_frequent(passwords: list[str]) -> set[str]:
    """Return the passwords to keep."""
    kept: set[str] = set()
    for length in MINIMUM_LENGTHS:
        passwords = [password for password in passwords if len(password) >= length]
        kept.update(passwords[:OF_EACH])
    return kept


def main(source: Path) -> None:
    """Write the list."""
    lines = source.read_text(encoding="utf-8").rstrip("\n").split("\n")
    kept = most_frequent(list(dict.fromkeys(line.lower() for line in lines)))
    (PROJECT / "api" / "passwords" / FILE).write_bytes(b"".join(sorted({digest(password) for password in kept})))
    print(f"Kept {len(kept)} of {len(lines)} passwords.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
