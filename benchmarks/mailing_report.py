"""How fast mails are sent: mails per second, and CPU per mail of the worker, Redis and PostgreSQL."""

from dataclasses import asdict

from benchmarks import mailing
from benchmarks.mailing import MAX_RATIO, Mailing
from benchmarks.results import Bench, Chart, Part, Promise, Table, shown

_COLUMNS = ("", "mails/s", "CPU ms, worker", "CPU ms, Redis", "CPU ms, PostgreSQL")


def run(bench: Bench) -> Part:
    """Measure, and return the results."""
    return part(mailing.measure(bench.folder, short=bench.short))


def part(found: Mailing) -> Part:
    """Return the table, the promise and the chart."""
    medians = {name: found.median(name) for name in found.paces}
    rows = tuple(
        (name, *map(shown, (pace.rate, pace.worker_ms, pace.redis_ms, pace.database_ms)))
        for name, pace in medians.items()
    )
    mailers = ("latchkey", "latchkey with events", "usual")
    chart = Chart("Mails per second, 2 worker processes", tuple((name, medians[name].rate) for name in mailers))
    promise = Promise(
        "the worker's CPU per mail, relative to the empty task and bare Flask-Mail together",
        shown(found.ratio),
        f"at most {MAX_RATIO:.2f}",
        found.ratio <= MAX_RATIO,
    )
    raw = {name: [asdict(pace) for pace in paces] for name, paces in found.paces.items()}
    return Part(
        "Mailing", (Table("One worker with 2 processes, known addresses", _COLUMNS, rows),), (promise,), (chart,), raw
    )
