"""`make bench`: run the benchmarks, and compare the results with what is promised."""

import argparse
import json
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks import accepting, growth_report, hashing_report, mailing_report, report
from benchmarks.channels import arrival_report, timing_report
from benchmarks.flooding import flood_report
from benchmarks.logs import end_cleanly, folder_for_logs
from benchmarks.machine import Machine, machine
from benchmarks.picture import svg
from benchmarks.results import Bench, Measure, Part
from tests.faults.run import say

DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"
PARTS: dict[str, Measure] = {
    "accepting": accepting.run,
    "mailing": mailing_report.run,
    "hashing": hashing_report.run,
    "growth": growth_report.run,
    "timing": timing_report.run,
    "arrival": arrival_report.run,
    "flood": flood_report.run,
}


def main(words: Sequence[str]) -> int:
    """Run the named parts, or all; return 1 if a promise is not kept or a part was not measured."""
    arguments = _arguments(words)
    if arguments.list:
        sys.stdout.writelines(f"{name:12}{_first_line(PARTS[name])}\n" for name in PARTS)
        return 0
    where, parts = machine(words), dict[str, Part]()
    try:
        _measure(arguments, where, parts)
    except KeyboardInterrupt:
        say("stopped")
    except Exception:
        traceback.print_exc()
    found = list(parts.values())
    sys.stdout.write(report.markdown(found, where))
    if len(parts) < len(arguments.parts):
        return 1
    if arguments.write:
        _write(DOCUMENT, found, where)
    return int(not all(promise.kept for part in found for promise in part.promises))


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help="what to measure; default: everything")
    parser.add_argument("--list", action="store_true", help="list the parts and exit")
    parser.add_argument("--short", action="store_true", help="measure each part only briefly, to check that it runs")
    parser.add_argument("--rounds", type=int, help="rounds of the accepting part; default: five")
    parser.add_argument("--write", action="store_true", help="write tables and chart into docs/; needs a full run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="save all raw figures there, after each part")
    arguments = parser.parse_args(words)
    if arguments.write and (arguments.parts or arguments.short):
        parser.error("--write needs a full run: all figures in the document must come from the same run")
    arguments.parts = arguments.parts or list(PARTS)
    if unknown := [name for name in arguments.parts if name not in PARTS]:
        parser.error(f"unknown part: {', '.join(unknown)}; --list shows all parts")
    if arguments.rounds is not None and arguments.rounds < 1:
        parser.error("--rounds must be 1 or more")
    return arguments


def _measure(arguments: argparse.Namespace, where: Machine, parts: dict[str, Part]) -> None:
    with folder_for_logs() as folder:
        bench = Bench(folder, short=arguments.short, rounds=arguments.rounds)
        for name in arguments.parts:
            say(f"{name}: {_first_line(PARTS[name])}")
            (folder / name).mkdir(mode=0o755)
            parts[name] = PARTS[name](replace(bench, folder=folder / name))
            if arguments.json:
                found = {each: asdict(part) for each, part in parts.items()}
                arguments.json.write_text(json.dumps(asdict(where) | {"parts": found}, indent=1))


def _first_line(measure: Measure) -> str:
    """Return a part's description: the first line of its module's docstring."""
    return (sys.modules[measure.__module__].__doc__ or "").partition("\n")[0]


def _write(document: Path, parts: Sequence[Part], where: Machine) -> None:
    charts = [chart for part in parts for chart in part.charts]
    picture = document.with_suffix(".svg")
    picture.write_text(svg(charts))
    report.write_into(document, report.markdown(parts, where, picture.name))


if __name__ == "__main__":
    end_cleanly()
    sys.exit(main(sys.argv[1:]))
