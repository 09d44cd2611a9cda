"""`make bench` as a program: its exit code, and the files that it keeps and writes."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

import benchmarks.__main__ as program
from benchmarks.machine import Machine
from benchmarks.report import BEGIN, END
from benchmarks.results import Bench, Chart, Part, Promise

MACHINE = Machine("2026-01-02", "make bench", "A CPU", 2, "3.11.7", "Redis 7.0.15", "18.6")


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`make bench` with a part that keeps its promise, one that does not, one that fails, and a page to write to."""
    document = tmp_path / "performance.md"
    document.write_text(f"{BEGIN}\n{END}\n")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(program, "DOCUMENT", document)
    monkeypatch.setattr(program, "machine", lambda words: replace(MACHINE, command=" ".join(words)))
    monkeypatch.setattr(program, "PARTS", {"good": good, "bad": bad, "failing": failing})
    return document


def good(bench: Bench) -> Part:
    assert bench.folder.is_dir()
    return Part("Good", (), (Promise("A", f"{bench.rounds}", "any", kept=True),), (Chart("Bars", (("x", 1.0),)),))


def bad(bench: Bench) -> Part:
    return Part("Bad", (), (Promise("B", "1", "0", kept=False),))


def failing(bench: Bench) -> Part:
    (bench.folder / "api.log").write_text("what went wrong")
    (bench.folder / "data").write_text("much")
    raise RuntimeError("it failed")


def test_it_succeeds_if_all_promises_are_kept(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["good", "--rounds", "7"]) == 0
    assert "| A       |        7 | any   | yes  |" in capsys.readouterr().out


def test_it_fails_if_a_promise_is_broken(bench: Path) -> None:
    assert program.main(["good", "bad"]) == 1


def test_results_before_a_failure_and_the_log_are_kept(
    bench: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = tmp_path / "figures.json"

    assert program.main(["good", "failing", "bad", "--json", str(figures)]) == 1

    said = capsys.readouterr()
    log = next(Path(line.strip()) for line in said.err.splitlines() if line.endswith("failing/api.log"))
    assert log.read_text() == "what went wrong"
    assert [path.name for path in log.parent.iterdir()] == ["api.log"]
    assert "it failed" in said.err
    assert "### Good" in said.out
    assert list(json.loads(figures.read_text())["parts"]) == ["good"]


def test_only_a_full_run_is_written(bench: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for words in (["good", "--write"], ["--write", "--short"]):
        with pytest.raises(SystemExit):
            program.main(words)
    assert program.main(["--write"]) == 1
    assert bench.read_text() == f"{BEGIN}\n{END}\n"

    monkeypatch.setattr(program, "PARTS", {"good": good, "bad": bad})
    assert program.main(["--write"]) == 1

    assert "**no**" in bench.read_text()
    assert len(ET.fromstring(bench.with_suffix(".svg").read_text()))  # noqa: S314 - our own
