"""The probes of the API: what requests for a link, emails and resets need."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from flask import Flask
from redis import Redis

from api.ops.memory import Memory
from shared.failures import ProbeFailed
from shared.probes import Probe, Probes
from shared.redis_keys import Key
from shared.users.users import Users

DATABASE_TIMEOUT = 1.0  # Seconds.


def api_probes(app: Flask, redis: Redis, rehearse: Callable[[], None], memory: Memory, users: Users) -> Probes:
    """Return the probes in the order in which their failures matter. rehearse: accepts a request without a trace."""
    in_thread = OwnThread(app)

    def check_memory() -> None:
        memory.sample()
        memory.check()

    def find_worker() -> None:
        if not redis.exists(Key.HEARTBEAT):
            raise ProbeFailed("No worker is alive, so no email is sent. Start one: python -m worker.")

    return Probes(
        [
            Probe("accept_request", rehearse, stops_requests=True),
            Probe("redis_memory", check_memory, after="accept_request", stops_requests=True),
            Probe("worker", find_worker, after="accept_request"),
            Probe("find_users", in_thread(users.probe)),
        ]
    )


class OwnThread:
    """Runs probes of the database in a thread of their own: a frozen one blocks that thread, and none of the server's.

    A probe fails if it takes more than DATABASE_TIMEOUT seconds, and later ones fail at once while it still runs.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._pool = ThreadPoolExecutor(1, "database-probes")
        self._running: Future[None] | None = None

    def __call__(self, attempt: Callable[[], None]) -> Callable[[], None]:
        """Return the probe, to be run in the thread."""

        def in_context() -> None:
            with self._app.app_context():
                attempt()

        def in_thread() -> None:
            if self._running is None or self._running.done():
                self._running = self._pool.submit(in_context)
            else:
                raise ProbeFailed(_SLOW)
            try:
                self._running.result(DATABASE_TIMEOUT)
            except TimeoutError:
                raise ProbeFailed(_SLOW) from None

        return in_thread


_SLOW = f"The database did not answer within {DATABASE_TIMEOUT:.0f} s. Check its load, its locks and the network to it."
