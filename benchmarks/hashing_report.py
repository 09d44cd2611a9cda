"""Latency of `POST /forgot-password`, alone and while fifty clients keep bcrypt busy by setting passwords."""

from contextlib import ExitStack
from dataclasses import asdict

from benchmarks import hashing, services
from benchmarks.hashing import BOUND, Door, Hashing, Loaded
from benchmarks.results import Bench, Part, Promise, Table, shown
from benchmarks.services import Services
from benchmarks.sink import sink

USERS = 100_000
_DOOR = ("", "p50 ms", "p99 ms", "relative to quiet", "rounds")
_RESETS = ("", "200", "503", "others", "passwords/s", "s per password", "longest refusal s")


def run(bench: Bench) -> Part:
    """Measure, and return the results."""
    with ExitStack() as ends:
        database_url = ends.enter_context(services.users(bench.folder, USERS))
        started = Services(bench.folder, database_url, ends.enter_context(sink()), ends)
        return part(hashing.measure(started, database_url, short=bench.short))


def part(found: Hashing) -> Part:
    """Return the tables and the promise."""
    clients = {"patient": found.patient, "impatient": found.impatient}
    door = (_door("quiet", found.quiet, None), *(_door(name, each.door, each) for name, each in clients.items()))
    title = f"`POST /forgot-password` at {found.rate:.0f} requests per second, a quarter of saturation"
    passwords = f"{found.clients} clients setting passwords; patient ones obey Retry-After"
    promise = Promise(
        f"p99 of `POST /forgot-password` while {found.clients} clients set passwords at cost {hashing.COST}, ms",
        shown(found.patient.door.p99),
        f"at most {BOUND:.0f}, all accepted",
        found.patient.holds,
    )
    rows = tuple(_resets(name, each) for name, each in clients.items())
    return Part(
        "Passwords", (Table(title, _DOOR, door), Table(passwords, _RESETS, rows)), (promise,), raw=asdict(found)
    )


def _door(name: str, door: Door, loaded: Loaded | None) -> tuple[str, ...]:
    times = (shown(loaded.ratio), ", ".join(map(shown, loaded.ratios))) if loaded else ("", "")
    return name, shown(door.p50), shown(door.p99), *times


def _resets(name: str, loaded: Loaded) -> tuple[str, ...]:
    known = [loaded.resets.get(status, 0) for status in (200, 503)]
    others = sum(loaded.resets.values()) - sum(known)
    figures = (loaded.passwords, loaded.seconds, loaded.longest_refusal)
    return name, *(f"{count:,}" for count in (*known, others)), *map(shown, figures)
