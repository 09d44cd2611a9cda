"""The Celery app for Flower: `celery --app worker.flower flower`. It needs REDIS_URL; WORKER_EVENTS counts here too.

Flower's own settings are environment variables (FLOWER_...). Where they are not given, it shows and does not steer, and
listens on this machine alone: /metrics and /healthcheck answer without a password.
"""

import os

from celery import Celery

from shared.jobs import celery_settings
from shared.settings import RedisSettings


def _app() -> Celery:
    os.environ.setdefault("FLOWER_ADDRESS", "127.0.0.1")
    os.environ.setdefault("FLOWER_READ_ONLY", "true")
    # Flower turns task events on in every worker, for good, unless it is told not to before it starts.
    os.environ.setdefault("FLOWER_ENABLE_EVENTS", os.environ.get("WORKER_EVENTS") or "true")
    celery = Celery("latchkey")
    celery.conf.update(celery_settings(RedisSettings.load().redis_url.get_secret_value()))
    return celery


app = _app()
