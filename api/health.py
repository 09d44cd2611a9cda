"""GET /healthz and GET /readyz. Which part is away stands in the log, not in the answer."""

import json
import time
from collections.abc import Callable
from threading import Lock
from typing import Any

from flask import Response
from flask_openapi3 import APIBlueprint, Tag
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.schemas import Health
from shared.database import db
from shared.jobs import HEARTBEAT_KEY
from shared.log import get_logger

KEEP = 1.0  # Seconds that an answer is kept, so that asking often costs the database nothing.

log = get_logger(__name__)


def health_api(redis: Redis, clock: Callable[[], float] = time.monotonic) -> APIBlueprint:
    """Build the two endpoints for balancers and supervisors."""
    api = APIBlueprint("health", __name__, abp_tags=[Tag(name="Health")])
    lock, kept_until, kept = Lock(), 0.0, "ok"
    states: dict[Any, Any] = {200: Health, 503: Health}

    @api.get("/healthz", summary="The process is alive", responses={200: Health})
    def healthz() -> Response:
        """Answer without asking anybody else."""
        return _answer("ok")

    @api.get("/readyz", summary="Requests can be accepted", responses=states)
    def readyz() -> Response:
        """Say `degraded` where mails or resets must wait, `unavailable` (503) where nothing can be accepted."""
        nonlocal kept_until, kept
        with lock:
            if clock() >= kept_until:
                kept, kept_until = _status(redis), clock() + KEEP
            return _answer(kept)

    return api


def _status(redis: Redis) -> str:
    try:
        worker_alive = redis.exists(HEARTBEAT_KEY)
    except RedisError as error:
        log.warning("not_ready", part="redis", error=type(error).__name__)
        return "unavailable"
    if not worker_alive:
        log.warning("degraded", part="worker")
        return "degraded"
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        log.warning("degraded", part="database", error=type(error).__name__)
        return "degraded"
    finally:
        db.session.remove()
    return "ok"


def _answer(status: str) -> Response:
    code = 503 if status == "unavailable" else 200
    return Response(json.dumps({"status": status}) + "\n", code, content_type="application/json")
