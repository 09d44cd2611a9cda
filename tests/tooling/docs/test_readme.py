"""README matches the project."""

import re
from pathlib import Path
from typing import get_args

from api.settings.settings import ApiSettings
from dev.tools.typescript_client import SETTINGS
from shared.settings.hashes import HashFormatName

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()


def test_the_named_folders_exist() -> None:
    named = re.findall(r"^\| `(\w+)/`", README, re.MULTILINE)

    assert len(named) == 8
    assert [name for name in named if not (ROOT / name).is_dir()] == []


def test_the_hash_formats_match_the_setting() -> None:
    document = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    table = document.split("\n| format |")[1].split("\n\n")[0]

    assert re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE) == list(get_args(HashFormatName)[1:])


def test_the_metrics_token_of_the_demo_is_valid_and_the_one_that_it_sends() -> None:
    given, sent = re.findall(r"METRICS_TOKEN=(\S+) make run|Bearer (\S+?)\"", README)

    assert given[0] == sent[1]
    assert ApiSettings.load(SETTINGS | {"METRICS_TOKEN": given[0]}).metrics_token.get_secret_value() == given[0]
