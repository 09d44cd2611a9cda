"""Everything that SECURITY.md and docs/security.md name exists."""

import re
from pathlib import Path

import pytest

from api.settings.settings import ApiSettings
from worker.settings.settings import WorkerSettings

ROOT = Path(__file__).parents[3]
DOCUMENTS = ["SECURITY.md", "docs/security.md"]
STATES = {"met", "partly", "not", "not ours"}


def text(document: str) -> str:
    return (ROOT / document).read_text()


def rows() -> list[list[str]]:
    """List the cells of each row of the standard's requirements."""
    lines = re.findall(r"^\| \d.*\|$", text("docs/security.md"), re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_is_named_exists(document: str) -> None:
    named = set(re.findall(r"`((?:api|deploy|docs|shared|tests|worker)/[\w./-]*|\w+\.md)`", text(document)))

    assert len(named) > 10
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_to_a_file(document: str) -> None:
    linked = re.findall(r"\]\((?!https://)([^)#]+)", text(document))

    assert [name for name in linked if not (ROOT / document).parent.joinpath(name).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_setting_that_is_named_exists(document: str) -> None:
    known = {name.upper() for settings in (ApiSettings, WorkerSettings) for name in settings.model_fields}
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)\b", text(document)))

    assert sorted(named - known) == []


def test_every_requirement_has_a_level_a_state_and_a_comment() -> None:
    assert len(rows()) > 90
    assert {len(row) for row in rows()} == {6}
    assert {row[3] for row in rows()} == STATES
    assert [row[0] for row in rows() if not re.fullmatch(r"[123]( to [123])?", row[1])] == []
    assert [row[0] for row in rows() if row[3] in {"partly", "not"} and not row[4]] == []


def test_every_attack_is_named_in_one_of_the_documents() -> None:
    files = {f"tests/attacks/{path.name}" for path in (ROOT / "tests/attacks").glob("test_*.py")}

    assert sorted(name for name in files if not any(name in text(document) for document in DOCUMENTS)) == []
