"""GET /healthz and GET /readyz. The log says which part is down; the answer does not."""

import json
import time
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Literal

from flask import Flask, Response
from pydantic import BaseModel
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from api.openapi.document import HEALTH, Operation
from shared.connections.redis_memory import NO_MORE_REQUESTS, memory_used
from shared.log import get_logger
from shared.redis_keys import Key
from shared.users.table import DATABASE_HINT, Users, UsersTableError

STATUS_TIMEOUT = 1.0  # Seconds for which a status is cached, so that frequent checks do not load the database.
DATABASE_TIMEOUT = 1.0  # Seconds.

log = get_logger(__name__)


class Health(BaseModel):
    """The status: `ok`, `degraded` if requests are accepted but emails or resets have to wait, or `unavailable`."""

    status: Literal["ok", "degraded", "unavailable"]


class Readiness:
    """Checks Redis, worker and database at most once a second, and never waits long for any of them.

    The database is queried in a separate thread: a frozen one blocks that thread, and none of the server's.
    """

    def __init__(self, app: Flask, redis: Redis, users: Users) -> None:
        self._app = app
        self._users = users
        self._redis = redis
        self._lock = Lock()
        self._status, self._kept_until = "ok", 0.0
        self._asker = ThreadPoolExecutor(1, "readyz")
        self._asked: Future[None] | None = None

    def status(self) -> str:
        """Return `ok`, `degraded` or `unavailable`."""
        # If another thread is already checking, return the cached status.
        if self._lock.acquire(blocking=False):
            try:
                if time.monotonic() >= self._kept_until:
                    self._status = self._look()
                    self._kept_until = time.monotonic() + STATUS_TIMEOUT
            finally:
                self._lock.release()
        return self._status

    def _look(self) -> str:
        try:
            worker_alive = self._redis.exists(Key.HEARTBEAT)
            memory = memory_used(self._redis) or 0.0
        except RedisError as error:
            log.warning("not_ready", part="redis", error=type(error).__name__)
            return "unavailable"
        if memory >= NO_MORE_REQUESTS:
            log.warning("degraded", part="memory", ratio=memory)
            return "degraded"
        if not worker_alive:
            log.warning("degraded", part="worker")
            return "degraded"
        return self._look_at_database()

    def _look_at_database(self) -> str:
        if self._asked is None or self._asked.done():
            self._asked = self._asker.submit(self._ask_database)
        try:
            self._asked.result(DATABASE_TIMEOUT)
        except UsersTableError as error:
            log.warning("degraded", part="database", error=str(error))
            return "degraded"
        except (SQLAlchemyError, TimeoutError) as error:
            log.warning("degraded", part="database", error=type(error).__name__, hint=DATABASE_HINT)
            return "degraded"
        return "ok"

    def _ask_database(self) -> None:
        with self._app.app_context():
            self._users.probe()


def register_health(app: Flask, readiness: Readiness) -> None:
    """Add the two endpoints for balancers and supervisors."""
    good, bad = Health(status="ok"), Health(status="unavailable")

    @app.get("/healthz")
    @Operation("healthz", "Check that the process is alive", HEALTH, {200: good})
    def healthz() -> Response:
        """Return `ok` if this process answers. No other service is checked."""
        return _answer("ok")

    @app.get("/readyz")
    @Operation("readyz", "Check that requests are accepted", HEALTH, {200: good, 503: bad})
    def readyz() -> Response:
        """Return `ok`, `degraded` if emails or resets have to wait, or `unavailable` (503) if nothing is accepted."""
        return _answer(readiness.status())


def _answer(status: str) -> Response:
    code = 503 if status == "unavailable" else 200
    return Response(json.dumps({"status": status}) + "\n", code, content_type="application/json")
