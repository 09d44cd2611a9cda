"""How many processes a worker needs for a slow relay: `python -m benchmarks.slow_relays` prints the results."""

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

DELAYS = (0.05, 0.3)  # Seconds that the relay takes per mail.
PROCESSES = (2, 4, 8, 16)
SECONDS = 8.0
JOBS = 4000


@dataclass(frozen=True)
class Seen:
    """The results of one worker with one relay."""

    delay: float
    processes: int
    rate: float
    megabytes: float


def measure(delay: float, processes: int, folder: Path, database_url: str, seconds: float = SECONDS) -> Seen:
    """Let a worker with this many processes send mails for some seconds; its megabytes are the sum of all processes."""
    with ExitStack() as ends:
        relay = ends.enter_context(sink(delay))
        services = Services(folder, database_url, relay, ends)
        store = services.store("redis")
        accept(store, JOBS)
        worker = services.latchkey_worker(store, WORKER_PROCESSES=str(processes))
        wait_until(lambda: relay.count() >= 2 * processes, "no mails arrive", 60)
        begun, before = time.perf_counter(), relay.count()
        time.sleep(seconds)
        rate = (relay.count() - before) / (time.perf_counter() - begun)
        return Seen(delay, processes, rate, worker.memory())


def main() -> None:
    """Print one line per delay and number of processes."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as a separate user.
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
