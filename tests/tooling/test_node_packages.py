"""tests/frontends/package-lock.json pins everything that npm installs for the tests of the frontends."""

import json
import re
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "frontends"


def test_every_package_has_one_version_and_its_hash() -> None:
    lock = json.loads((FOLDER / "package-lock.json").read_text(encoding="utf-8"))
    root, packages = lock["packages"].pop(""), lock["packages"]
    wanted = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))["devDependencies"]

    assert root["devDependencies"] == wanted
    assert {f"node_modules/{name}": packages[f"node_modules/{name}"]["version"] for name in wanted} == {
        f"node_modules/{name}": version for name, version in wanted.items()
    }
    assert [name for name, entry in packages.items() if not entry["integrity"].startswith("sha512-")] == []


def test_the_lock_file_names_no_registry() -> None:
    text = (FOLDER / "package-lock.json").read_text(encoding="utf-8") + (FOLDER / ".npmrc").read_text(encoding="utf-8")

    assert "://" not in text
    assert not re.search(r"registry\s*=\s*(?!true)", text)
    assert 'resolved":' not in text
