"""`python -m benchmarks.flooding`: measure one flood within the limits."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks import report
from benchmarks.flooding import flood_report
from benchmarks.flooding.flood import Flood
from benchmarks.logs import end_cleanly, folder_for_logs
from benchmarks.machine import machine
from benchmarks.results import Bench


def main() -> int:
    """Measure and print; return 1 if a promise is not kept."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.flooding", description=__doc__)
    arguments.add_argument("--networks", type=int, default=1, help="networks of 48 bits")
    arguments.add_argument("--limit", default="", help="FORGOT_LIMIT_PER_NETWORK; default: the service's own")
    arguments.add_argument("--seconds", type=float, default=Flood("").seconds)
    arguments.add_argument("--settings", nargs="*", default=[], metavar="NAME=VALUE", help="of the API and the worker")
    arguments.add_argument("--json", type=Path, metavar="FILE", help="save all raw figures there")
    given = arguments.parse_args()
    settings = dict(each.split("=", 1) for each in given.settings)
    name = f"{given.networks} /48{', limit ' + given.limit if given.limit else ''}"
    with folder_for_logs() as folder:
        flood = Flood(name, given.networks, given.limit, given.seconds, settings)
        part = flood_report.planned(Bench(folder), [flood])
    if given.json:
        given.json.write_text(json.dumps(asdict(part), indent=1))
    sys.stdout.write(report.markdown([part], machine(sys.argv[1:])))
    return int(not all(promise.kept for promise in part.promises))


if __name__ == "__main__":
    end_cleanly()
    sys.exit(main())
