"""requirements*.txt pin everything that pip installs."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PINS = sorted(PROJECT.glob("requirements*.txt"), key=lambda path: path.name)


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.name)
def test_every_package_has_one_version_and_its_hashes(path: Path) -> None:
    lines = path.read_text().replace("\\\n", " ").splitlines()
    packages = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]

    assert packages
    assert [line for line in packages if not re.match(r"[\w.\[\]-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.name)
def test_the_requirements_name_no_index(path: Path) -> None:
    assert "://" not in path.read_text()
    assert "index-url" not in path.read_text()
