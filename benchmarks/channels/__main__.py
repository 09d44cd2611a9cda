"""`python -m benchmarks.channels`: measure the arrival of one's own mail for chosen processes and relays."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks import report
from benchmarks.channels import arrival_report
from benchmarks.channels.stacks import Plan
from benchmarks.logs import end_cleanly, folder_for_logs
from benchmarks.machine import machine
from benchmarks.results import Bench


def main() -> int:
    """Measure and print; return 1 if a promise is not kept."""
    arguments, usual = argparse.ArgumentParser(prog="python -m benchmarks.channels", description=__doc__), Plan()
    arguments.add_argument("--processes", type=int, nargs="+", default=usual.processes, help="of the workers")
    arguments.add_argument("--delays", type=float, nargs="+", default=usual.delays, help="of the relays, in seconds")
    arguments.add_argument("--experiments", type=int, default=usual.experiments, help="for each class")
    arguments.add_argument("--spacing", type=float, default=usual.spacing, help="seconds between two experiments")
    arguments.add_argument(
        "--grown", type=int, default=usual.grown, help="requests that Redis's growth is measured with"
    )
    arguments.add_argument("--settings", nargs="*", default=[], metavar="NAME=VALUE", help="of the API and the worker")
    arguments.add_argument("--json", type=Path, metavar="FILE", help="save all raw figures there")
    given = arguments.parse_args()
    settings = dict(each.split("=", 1) for each in given.settings)
    processes, delays = tuple(given.processes), tuple(given.delays)
    plan = Plan(processes, delays, given.experiments, given.spacing, given.grown, settings)
    with folder_for_logs() as folder:
        part = arrival_report.planned(Bench(folder), plan)
    if given.json:
        given.json.write_text(json.dumps(asdict(part), indent=1))
    sys.stdout.write(report.markdown([part], machine(sys.argv[1:])))
    return int(not all(promise.kept for promise in part.promises))


if __name__ == "__main__":
    end_cleanly()
    sys.exit(main())
