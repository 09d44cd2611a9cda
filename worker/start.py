"""Start a worker and what watches it. Celery's own command runs until a signal arrives."""

import gc
import tempfile
from typing import Any

import billiard.pool
from celery.bootsteps import StartStopStep
from celery.signals import (
    worker_before_create_process,
    worker_process_shutdown,
    worker_ready,
    worker_shutting_down,
)

from shared.connections.redis_check import check_redis
from shared.probes import TAKE_JOBS
from shared.settings.environment import SettingsError
from shared.settings.unknown_names import log_unknown_settings
from shared.ticker import Ticker
from worker.app import USUAL_DELAYS, Delays, connect_redis, create_worker
from worker.mails.check import check_mails
from worker.ops.alive import StateFile, state_path
from worker.ops.probes import PROBE_INTERVAL, worker_probes
from worker.ops.pulse import PULSE, PulseStep
from worker.ops.redis_rights import try_consuming
from worker.ops.signal_lines import say_in_json
from worker.priority import lower_priority, lower_session_priority
from worker.settings.settings import WorkerSettings


def start(delays: Delays = USUAL_DELAYS) -> None:
    """Check the settings, then work until a signal arrives.

    Raises SettingsError.
    """
    settings = WorkerSettings.load()
    _require_temporary_folder()
    probes = worker_probes(settings, connect_redis(settings))
    worker = create_worker(settings, failures=lambda: _failures(probes.failures), delays=delays)
    log_unknown_settings(WorkerSettings)
    check_mails(settings, worker.flask)
    check_redis(settings, try_consuming)
    # Retries of 0.1 s. A process that ends waits until its parent has read all its results. Some waited half a minute
    # for a parent that had stopped reading. The results are not needed: the outbox records what is finished.
    billiard.pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 10
    worker_before_create_process.connect(share_memory, weak=False)
    # In each process of the pool, before it ends.
    worker_process_shutdown.connect(lambda **_: worker.departures.stop(), weak=False)
    lower_priority()
    say_in_json()
    # Only once the worker is ready, so that it starts as quickly as other programs.
    worker_ready.connect(lambda **_: lower_session_priority(), weak=False)
    state_file = StateFile(state_path(settings.worker_state_path), PULSE.standstill)
    # It may block for the timeouts of the database, and has nothing to finish.
    probing = Ticker("probes", probes.run, interval=PROBE_INTERVAL, daemon=True)
    worker.celery.steps["worker"].add(_threads_step((worker.sweeper, state_file, probing)))
    worker.celery.steps["consumer"].add(PulseStep)
    # Mingle takes a second at every connect. Neither it nor gossip is needed: workers share nothing but Redis.
    worker.celery.worker_main(["--quiet", "worker", "--without-mingle", "--without-gossip"])


def _require_temporary_folder() -> None:
    """Refuse to start without a folder for temporary files: Celery would fail, and end with status 0."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        hint = "Mount a tmpfs at /tmp, or name a folder that can be written."
        raise SettingsError([f"TMPDIR: there is no folder for temporary files. {hint}"]) from None


def _failures(found: dict[str, str]) -> dict[str, str]:
    """Return the probes that fail; whether the worker takes jobs is asked now, and not taken from their last run."""
    complaint = PULSE.complaint()
    others = {name: hint for name, hint in found.items() if name != TAKE_JOBS}
    return others | ({TAKE_JOBS: complaint} if complaint else {})


def _threads_step(threads: tuple[Ticker, ...]) -> type[StartStopStep]:
    """Return a step of Celery's worker that starts threads.

    It is after the pool's processes, which are forked, and before the consumer, which may never connect.
    """

    def stop() -> None:
        for thread in threads:
            thread.stop()

    class Threads(StartStopStep):
        requires = ("celery.worker.components:Pool",)

        def start(self, _worker: Any) -> None:
            for thread in threads:
                thread.start()
            worker_shutting_down.connect(lambda **_: stop(), weak=False)

    return Threads


def share_memory(**_: object) -> None:
    """Exclude everything loaded so far from garbage collection, so that forked processes share its memory.

    Otherwise the collector writes to it, and memory that is written to is copied: 59 MB a process instead of 31.
    """
    gc.collect()
    gc.freeze()
