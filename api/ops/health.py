"""GET /healthz and GET /readyz. The log and the metrics say which step would fail; the answer does not."""

import json
import time
from threading import Lock
from typing import Literal

from flask import Flask, Response
from pydantic import BaseModel

from api.openapi.document import HEALTH, Operation
from shared.probes import Probes

STATUS_TIMEOUT = 1.0  # Seconds for which a status is cached, so that frequent checks do not load the database.
PROBE_INTERVAL = 10.0  # Seconds after which the probes run although nobody asks, for the log and the metrics.


class Health(BaseModel):
    """The status: `ok`, `degraded` if emails or resets must wait, or `unavailable` if no request is accepted."""

    status: Literal["ok", "degraded", "unavailable"]


class Readiness:
    """Runs the probes at most once a second, and never waits long for any of them."""

    def __init__(self, probes: Probes) -> None:
        self.probes = probes
        self._lock = Lock()
        self._status, self._checked_at = "ok", float("-inf")

    def status(self, max_age: float = STATUS_TIMEOUT) -> str:
        """Return `ok`, `degraded` or `unavailable`, as it was at most `max_age` seconds ago."""
        # If another thread is already checking, return the cached status.
        if self._lock.acquire(blocking=False):
            try:
                if time.monotonic() - self._checked_at >= max_age:
                    self.probes.run()
                    self._status = self.probes.status
                    self._checked_at = time.monotonic()
            finally:
                self._lock.release()
        return self._status


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
        """Return `ok`, `degraded` if emails or resets must wait, or `unavailable` (503) if no request is accepted."""
        return _answer(readiness.status())


def _answer(status: str) -> Response:
    code = 503 if status == "unavailable" else 200
    return Response(json.dumps({"status": status}) + "\n", code, content_type="application/json")
