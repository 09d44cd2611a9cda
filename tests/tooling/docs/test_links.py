"""Links between the documents lead to files and headings, and the code names only documents that exist."""

import re
from pathlib import Path

import pytest

from tests.support.compose import PROJECT

OWN = [PROJECT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")]
DOCUMENTS = sorted([*OWN, *(PROJECT / "docs").rglob("*.md")])
DECISIONS = sorted((PROJECT / "docs" / "decisions").glob("*.md"))
LINK = re.compile(r"\]\((?!https?://)([^)\s]+)\)|src=\"(?!https?://)([^\"]+)\"")
FOLDERS = ("api", "worker", "shared", "dev", "benchmarks", "deploy", "tests")


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_code(document.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = document.parent / path if path else document
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    links = [link or source for link, source in LINK.findall(without_code(document.read_text(encoding="utf-8")))]

    assert [link for link in links if not leads_somewhere(document, link)] == []


@pytest.mark.parametrize("document", DECISIONS, ids=lambda path: path.stem)
def test_each_decision_has_its_own_heading(document: Path) -> None:
    headings = re.findall(r"^#+ (.+)$", without_code(document.read_text(encoding="utf-8")), re.MULTILINE)

    assert len(anchors(document)) == len(headings)


@pytest.mark.parametrize("document", DECISIONS, ids=lambda path: path.stem)
def test_every_file_that_a_decision_names_exists(document: Path) -> None:
    named = re.findall(r"`((?:api|clients|deploy|dev|docs|shared|tests|worker)/[\w./-]*)`", document.read_text())

    assert sorted({name for name in named if not (PROJECT / name).exists()}) == []


def test_the_index_of_the_decisions_lists_every_file() -> None:
    index = (PROJECT / "docs/decisions/README.md").read_text(encoding="utf-8")

    assert [path.name for path in DECISIONS if f"[{path.name}]({path.name})" not in index] == ["README.md"]


def test_every_document_that_the_code_names_exists() -> None:
    files = [path for folder in FOLDERS for path in (PROJECT / folder).rglob("*") if "node_modules" not in path.parts]
    code = [path.read_text(encoding="utf-8") for path in files if path.suffix in {".py", ".lua"}]
    named = {name for text in code for name in re.findall(r"\bdocs/[\w/-]+\.md", text)}

    assert len(named) > 3
    assert sorted(name for name in named if not (PROJECT / name).is_file()) == []
