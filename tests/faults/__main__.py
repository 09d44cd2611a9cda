"""`python -m tests.faults [NAME ...]`: run faults, and print one table of promises and results."""

import argparse
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from tests.faults.bench import Bench, Loaded, Unloaded
from tests.faults.cases import (
    api_killed,
    backlog,
    claims,
    database_away,
    database_between,
    redis_away,
    redis_refuses,
    relay_faults,
    sentinel,
    too_old,
    workers,
)
from tests.faults.database import Postgres
from tests.faults.report import Row, table
from tests.faults.run import RATE, say

_MODULES = (
    *(workers, redis_away, redis_refuses, api_killed, relay_faults, too_old),
    *(database_away, database_between, sentinel, backlog, claims),
)
FAULTS: dict[str, Loaded | Unloaded] = {fault.name: fault for module in _MODULES for fault in module.FAULTS}


def main() -> int:
    """Run the named faults, or all, and return 1 if a promise is broken."""
    arguments = _arguments()
    if arguments.list:
        sys.stdout.writelines(f"{name:24}{fault.title}\n" for name, fault in FAULTS.items())
        return 0
    signal.signal(signal.SIGTERM, _interrupt)
    rows: list[Row] = []
    try:
        _run(arguments, rows)
    except KeyboardInterrupt:
        say("stopped")
    report = table(rows)
    sys.stdout.write(report)
    if arguments.markdown:
        arguments.markdown.write_text(report)
    return int(any(row.broken for row in rows) or len(rows) < len(arguments.names))


def _run(arguments: argparse.Namespace, rows: list[Row]) -> None:
    with ExitStack() as ends:
        folder = arguments.logs or Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="latchkey-faults-")))
        folder.mkdir(exist_ok=True)  # A temporary folder exists already.
        database = Postgres(folder)
        ends.callback(database.close)
        bench = Bench(folder, database.url, database, short=arguments.short, rate=arguments.rate)
        for name in arguments.names:
            say(f"{name}: {FAULTS[name].title}")
            row = FAULTS[name](bench)
            say(f"{name}: {row.verdict}")
            rows.append(row)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="the faults to run (default: all)")
    parser.add_argument("--list", action="store_true", help="list the names and exit")
    parser.add_argument(
        "--short", action="store_true", help="run a shortened form of each, to check that everything is in place"
    )
    parser.add_argument("--rate", type=float, default=RATE, help="requests per second")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the table to this file")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keep the logs of all programs in this folder")
    arguments = parser.parse_args()
    arguments.names = arguments.names or list(FAULTS)
    if unknown := [name for name in arguments.names if name not in FAULTS]:
        parser.error(f"no fault {', '.join(unknown)}; --list shows them")
    if arguments.logs and arguments.logs.exists():
        parser.error(f"{arguments.logs} is there already")
    return arguments


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
