"""The probes of the worker: what it needs to take and finish a job. Their failures go to the API with the heartbeat."""

from redis import Redis

from shared.connections.redis_clock import check_clock
from shared.database.connections import connected, db, reading_app
from shared.failures import ProbeFailed
from shared.probes import TAKE_JOBS, WORKER_PROBES, Probe, Probes
from shared.users.probes import table_probes
from shared.users.users import Users
from worker.ops.pulse import PULSE
from worker.ops.redis_rights import try_consuming
from worker.settings.settings import WorkerSettings

PROBE_INTERVAL = 10.0  # Seconds.


def worker_probes(settings: WorkerSettings, redis: Redis) -> Probes:
    """Return the probes. They may block for the timeouts of Redis and the database: give them a thread of their own."""
    # The engine is not shared with the worker's Flask app: Celery forks processes while a probe may hold its locks.
    app = reading_app(settings.database_url.get_secret_value())
    probes = [
        Probe(TAKE_JOBS, _take_jobs),
        Probe("redis_rights", lambda: try_consuming(redis)),
        Probe("clock", lambda: check_clock(redis), after="redis_rights"),
        # As a decorator, it closes the connection after each probe: in between, the worker needs none.
        *table_probes(Users(settings, db), connected(app), updates=False),
    ]
    # The API asks for these names only: it would not see that another probe fails.
    assert [probe.name for probe in probes] == list(WORKER_PROBES)
    return Probes(probes)


def _take_jobs() -> None:
    if (complaint := PULSE.complaint()) and not PULSE.starting:
        raise ProbeFailed(complaint)
