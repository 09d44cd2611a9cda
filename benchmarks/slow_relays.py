"""How many processes a worker needs for a slow relay: `python -m benchmarks.slow_relays` prints what it sees."""

import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.mailing import accept
from benchmarks.services import Services, users
from benchmarks.sink import sink
from tests.support.servers import wait_until

DELAYS = (0.05, 0.3)  # Seconds that the relay thinks about a mail.
PROCESSES = (2, 4, 8, 16)
SECONDS = 8.0
JOBS = 4000


@dataclass(frozen=True)
class Seen:
    """What one worker did with one relay."""

    delay: float
    processes: int
    rate: float
    megabytes: float


def measure(delay: float, processes: int, folder: Path, database_url: str, seconds: float = SECONDS) -> Seen:
    """Let a worker of so many processes mail for some seconds; megabytes: of all of them together."""
    with ExitStack() as ends:
        relay = ends.enter_context(sink(delay))
        services = Services(folder, database_url, relay, ends)
        store = services.store("redis")
        accept(store, JOBS)
        worker = services.latchkey_worker(store, WORKER_PROCESSES=str(processes))
        wait_until(lambda: relay.count() >= 2 * processes, "no mails", 60)
        begun, before = time.perf_counter(), relay.count()
        time.sleep(seconds)
        rate = (relay.count() - before) / (time.perf_counter() - begun)
        return Seen(delay, processes, rate, worker.memory())


def main() -> None:
    """Print a line for each delay and number of processes."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as a user of its own.
        with users(folder, JOBS) as database_url:
            for delay in DELAYS:
                for processes in PROCESSES:
                    own = folder / f"{delay}-{processes}"
                    own.mkdir()
                    seen = measure(delay, processes, own, database_url)
                    line = f"{delay * 1000:.0f} ms, {processes} processes: {seen.rate:.0f}/s, {seen.megabytes:.0f} MB"
                    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
