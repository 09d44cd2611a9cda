"""The reasons for refusing a password are the same everywhere they are listed."""

import re
from pathlib import Path
from typing import get_args

from api.passwords.policy import Reason
from api.reset.policy_view import REASONS

PROJECT = Path(__file__).parents[3]


def test_every_reason_has_a_text_and_stands_in_the_document_of_the_settings() -> None:
    document = (PROJECT / "docs" / "settings.md").read_text(encoding="utf-8")

    assert list(REASONS) == list(get_args(Reason))
    assert [code for code in REASONS if f"| `{code}` |" not in document] == []
    assert [text for text in map(str, REASONS.values()) if not re.fullmatch(r"It(?: |'s ).*\.", text)] == []
