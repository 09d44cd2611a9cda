"""The probes of the worker: what it needs to take and finish a job. Their failures go to the API with the heartbeat."""

from collections.abc import Callable

from flask import Flask
from redis import Redis

from shared.connections.database import database_config, db
from shared.connections.redis_clock import check_clock
from shared.failures import ProbeFailed
from shared.probes import Probe, Probes, Rarely
from shared.users.row_security import check_row_security
from shared.users.users import Users
from worker.ops.pulse import PULSE
from worker.ops.redis_rights import try_consuming
from worker.settings.settings import WorkerSettings

PROBE_INTERVAL = 10.0  # Seconds.


def worker_probes(settings: WorkerSettings, redis: Redis) -> Probes:
    """Return the probes. They may block for the timeouts of Redis and the database: give them a thread of their own."""
    # The engine is not shared with the worker's Flask app: Celery forks processes while a probe may hold its locks.
    flask = Flask("probes")
    flask.config.update(database_config(settings.database_url.get_secret_value(), connections=1, reads_only=True))
    db.init_app(flask)
    users = Users(settings, db)

    def take_jobs() -> None:
        if (complaint := PULSE.complaint()) and not PULSE.starting:
            raise ProbeFailed(complaint)

    def see_rows() -> None:
        check_row_security(users.table, updates=False)

    return Probes(
        [
            Probe("take_jobs", take_jobs),
            Probe("redis_rights", lambda: try_consuming(redis)),
            Probe("clock", lambda: check_clock(redis), after="redis_rights"),
            Probe("find_users", _connected(flask, users.probe)),
            Probe("load_user", _connected(flask, Rarely(users.probe_id)), after="find_users"),
            Probe("row_security", _connected(flask, Rarely(see_rows)), after="find_users"),
        ]
    )


def _connected(flask: Flask, attempt: Callable[[], None]) -> Callable[[], None]:
    """Return a probe of the database that closes its connection: between two probes the worker needs none."""

    def connected() -> None:
        with flask.app_context():
            try:
                attempt()
            finally:
                db.engine.dispose()

    return connected
