"""docs/integrate.md: its examples by file name, and its tables."""

import re
from pathlib import Path

GUIDE = (Path(__file__).parents[2] / "docs" / "integrate.md").read_text(encoding="utf-8")
ADDRESS = "https://id.example.com"
"""Where the examples think that the API is."""


def examples() -> dict[str, str]:
    """Return every code block that names its file in the first line."""
    blocks = re.findall(r"^```\w+\n(?:// |# |<!-- )([\w.]+)(?: -->)?\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    return dict(blocks)


def example(name: str, address: str) -> str:
    """Return an example with the API's actual address in it."""
    return examples()[name].replace(ADDRESS, address)


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table whose first column has this heading."""
    table = GUIDE.split(f"\n| {heading} |", 1)[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
