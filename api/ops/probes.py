"""The probes of the API: what requests for a link, emails and resets need."""

import json
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from flask import Flask
from redis import Redis

from api.ops.last_refusal import LastRefusal
from api.ops.memory import Memory
from api.ops.table_hints import check_capitals, check_index, check_unique_id
from api.passwords.table_formats import TableFormats
from shared.connections.redis_clock import check_clock
from shared.failures import ProbeFailed
from shared.probes import WORKER_PROBES, Probe, Probes, Rarely
from shared.redis_keys import Key
from shared.users.probes import table_probes
from shared.users.users import Users

DATABASE_TIMEOUT = 1.0  # Seconds.
_SLOW = f"The database did not answer within {DATABASE_TIMEOUT:.0f} s. Check its load, its locks and the network to it."


def api_probes(redis: Redis, rehearse: Callable[[], None], memory: Memory, database: Iterable[Probe]) -> Probes:
    """Return all probes. rehearse: accepts a request without a trace; database: the probes of the database."""

    def check_memory() -> None:
        memory.sample()
        memory.check()

    return Probes(
        [
            Probe("accept_request", rehearse, stops_requests=True),
            Probe("redis_memory", check_memory, after="accept_request", stops_requests=True),
            Probe("clock", lambda: check_clock(redis), after="accept_request"),
            *worker_probes(redis),
            *database,
        ]
    )


def worker_probes(redis: Redis) -> list[Probe]:
    """Return a probe for any worker that takes jobs, and one for each probe of the workers, which tell what fails."""
    states: list[dict[str, Any]] = []

    def find_worker() -> None:
        states[:] = map(json.loads, redis.hvals(Key.WORKERS))
        if not redis.exists(Key.HEARTBEAT):
            raise ProbeFailed("No worker takes jobs, so no email is sent. Start one: python -m worker.")

    def ask_workers(name: str) -> None:
        told = [hint for state in states if (hint := state["failing"].get(name))]
        if told:
            others = f" (So say {len(told)} of {len(states)} workers.)" if len(states) > 1 else ""
            raise ProbeFailed(told[0] + others)

    asked = [Probe(f"worker_{name}", partial(ask_workers, name), after="accept_request") for name in WORKER_PROBES]
    return [Probe("worker", find_worker, after="accept_request"), *asked]


def database_probes(app: Flask, users: Users, formats: TableFormats, refusal: LastRefusal) -> list[Probe]:
    """Return the probes of what links and resets need of the database."""
    in_thread, hint_in_thread = OwnThread(app), OwnThread(app)
    table = users.table

    # A rehearsal fires the triggers that a statement has, whatever its rows.
    def rehearse() -> None:
        users.rehearse_change("x" * formats.usual().length)

    return [
        *table_probes(users, in_thread, updates=True),
        Probe("set_password", in_thread(Rarely(rehearse, keeps_failures=False)), after="find_users"),
        Probe("hash_format", in_thread(formats.check), after="find_users"),
        Probe("last_reset", refusal.check),
        Probe("other_hashes", hint_in_thread(formats.check_all), after="find_users", is_hint=True),
        Probe("capitals", hint_in_thread(Rarely(lambda: check_capitals(users))), after="find_users", is_hint=True),
        Probe("lookup_index", hint_in_thread(Rarely(lambda: check_index(users))), after="find_users", is_hint=True),
        Probe("unique_id", hint_in_thread(Rarely(lambda: check_unique_id(table))), after="find_users", is_hint=True),
    ]


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
