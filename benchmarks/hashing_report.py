"""What passwords cost the door: `POST /forgot-password`, quiet and while fifty clients keep bcrypt busy."""

from contextlib import ExitStack
from dataclasses import asdict

from benchmarks import hashing, services
from benchmarks.hashing import BOUND, Door, Hashing, Loaded
from benchmarks.results import Bench, Part, Promise, Table, shown
from benchmarks.services import Services
from benchmarks.sink import sink

USERS = 100_000
_DOOR = ("", "p50 ms", "p99 ms", "times quiet", "rounds")
_RESETS = ("", "200", "503", "others", "passwords/s", "s for one", "longest refusal s")


def run(bench: Bench) -> Part:
    """Measure, and say what was found."""
    with ExitStack() as ends:
        database_url = ends.enter_context(services.users(bench.folder, USERS))
        started = Services(bench.folder, database_url, ends.enter_context(sink()), ends)
        return part(hashing.measure(started, database_url, short=bench.short))


def part(found: Hashing) -> Part:
    """Write it down."""
    clients = {"patient": found.patient, "impatient": found.impatient}
    door = (_door("quiet", found.quiet, None), *(_door(name, each.door, each) for name, each in clients.items()))
    title = f"`POST /forgot-password`, {found.rate:.0f} a second, a quarter of its saturation"
    passwords = f"{found.clients} clients that set passwords; patient ones wait as Retry-After says"
    promise = Promise(
        f"p99 of `POST /forgot-password`, {found.clients} clients set passwords at cost {hashing.COST}, ms",
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
