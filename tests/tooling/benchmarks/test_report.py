"""`make bench`: ratios, promises, tables, the picture, and the document that they are written to."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks.accepting_report import part, ratios
from benchmarks.machine import Machine
from benchmarks.phases import Phase, Turn
from benchmarks.picture import svg
from benchmarks.report import BEGIN, END, NoPlaceError, grid, markdown, write_into
from benchmarks.results import Chart, Part, Promise, Table, shown

PERFORMANCE = Path(__file__).parents[3] / "docs" / "performance.md"
MACHINE = Machine("2026-01-02", "make bench", "A CPU", 2, "3.11.7", "Redis 7.0.15", "18.6")
SVG = "{http://www.w3.org/2000/svg}"


def turn(rate: float, cpu: float, *, p99: float = 10.0, mailed: int = 100, redis: float = 0.0) -> Turn:
    phase = Phase(rate, 1.0, p99, cpu - redis, redis)
    return Turn(phase, phase, phase, rate / 2, 40.0, 100, mailed)


def turns(latchkey: list[Turn] | None = None) -> dict[tuple[str, int], list[Turn]]:
    """Two rounds, the second on a machine half as fast. By default, every promise is kept."""
    rounds = {
        "floor": [turn(6000, 0.2), turn(3000, 0.4)],
        "latchkey": latchkey or [turn(1200, 0.6, redis=0.2), turn(600, 1.2, redis=0.4)],
        "usual": [turn(400, 2.0), turn(200, 4.0)],
        "tutorial": [turn(300, 2.5), turn(150, 5.0)],
    }
    return {(name, processes): found for processes in (1, 2) for name, found in rounds.items()}


def broken(found: Part) -> list[str]:
    return [promise.text for promise in found.promises if not promise.kept]


def test_a_ratio_is_taken_within_each_round() -> None:
    found = next(ratio for ratio in ratios(turns()) if "CPU" in ratio.name and "floor" in ratio.name)

    assert found.rounds == pytest.approx((3.0, 3.0))
    assert found.kept


def test_every_promise_within_its_bound_is_kept() -> None:
    assert broken(part(turns())) == []


@pytest.mark.parametrize(
    ("latchkey", "promises"),
    [
        (
            turn(1200, 0.71),
            [
                "CPU per request at the same rate, relative to floor",
                "CPU per request at the same rate, relative to usual",
            ],
        ),
        (turn(890, 0.6), ["requests per second at saturation, relative to usual, 1", "relative to tutorial, 1"]),
        (turn(400, 0.6), ["with every mail sent, relative to tutorial, 1 server process"]),
        (turn(1200, 0.6, p99=30.1), ["p99 at half of saturation, relative to floor"]),
        (turn(1200, 0.6, mailed=99), ["mails sent"]),
        (turn(1200, 0.6, mailed=101), ["mails sent"]),
    ],
)
def test_each_broken_bound_is_reported(latchkey: Turn, promises: list[str]) -> None:
    found = broken(
        part(turns([latchkey] * 2) | {key: value[:1] * 2 for key, value in turns().items() if key[0] != "latchkey"})
    )

    assert [promise for promise in promises if not any(promise in text for text in found)] == []


def test_a_broken_promise_is_marked_in_the_table() -> None:
    promises = (Promise("A", "1.00", "at most 2.00", kept=True), Promise("B", "3.00", "at most 2.00", kept=False))

    lines = markdown([Part("Title", (), promises)], MACHINE).splitlines()

    assert [line.split("|")[-2].strip() for line in lines if line.startswith(("| A", "| B"))] == ["yes", "**no**"]


def test_the_report_has_machine_titles_and_figures() -> None:
    report = markdown([part(turns())], MACHINE, "performance.svg")

    for words in ("2026-01-02", "`make bench`", "A CPU, 2 cores", "Redis 7.0.15", "18.6", "](performance.svg)"):
        assert words in report
    # The medians of latchkey's two rounds: 1200 and 600 requests a second, 0.4 and 0.8 ms of CPU, 0.2 and 0.4 in Redis.
    line = next(line for line in report.splitlines() if line.startswith("| latchkey"))
    assert line.split()[3:-1:2] == ["900", "1.00", "10.0", "0.60", "0.30", "40.0"]
    assert report.count("### ") == 2


def test_columns_of_figures_are_right_aligned() -> None:
    assert grid(Table("", ("", "a second", "word"), (("x", "1,000", "one"), ("yy", "", "")))).splitlines() == [
        "|     | a second | word |",
        "| --- | -------: | ---- |",
        "| x   |    1,000 | one  |",
        "| yy  |          |      |",
    ]


@pytest.mark.parametrize(("figure", "text"), [(1234.5, "1,234"), (99.94, "99.9"), (0.123, "0.12"), (0.0, "0.00")])
def test_a_figure_has_three_digits(figure: float, text: str) -> None:
    assert shown(figure) == text


def test_the_picture_is_small_xml_with_text_for_every_bar() -> None:
    picture = svg(part(turns()).charts)

    root = ET.fromstring(picture)  # noqa: S314 - our own
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert len(picture) < 10_000
    assert texts.count("latchkey") == 4
    assert texts.count("900") == 2
    assert "latchkey 900" in str(root.findtext(f"{SVG}desc"))
    assert root.findtext(f"{SVG}title")


def test_bars_are_proportional_to_their_figures() -> None:
    root = ET.fromstring(svg([Chart("A <chart>", (("latchkey", 50.0), ("floor", 100.0), ("none", 0.0)))]))  # noqa: S314 - our own

    ours, floor, none = (int(bar.attrib["width"]) for bar in root.iter(f"{SVG}rect") if "bar" in bar.attrib["class"])
    assert (ours * 2, none) == (floor, 1)


def test_the_figures_replace_the_text_between_the_marks(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")

    write_into(document, "new\n")

    assert document.read_text() == f"before\n{BEGIN}\nnew\n{END}\nafter\n"


@pytest.mark.parametrize("text", ["", BEGIN, f"{END}{BEGIN}", f"{BEGIN}{BEGIN}{END}", f"{BEGIN}{END}{END}"])
def test_a_document_without_exactly_one_place_is_left_alone(tmp_path: Path, text: str) -> None:
    document = tmp_path / "performance.md"
    document.write_text(text)

    with pytest.raises(NoPlaceError):
        write_into(document, "new\n")

    assert document.read_text() == text


def test_the_page_of_performance_has_a_place_for_the_figures() -> None:
    text = PERFORMANCE.read_text()

    assert (text.count(BEGIN), text.count(END)) == (1, 1)
