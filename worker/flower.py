"""The Celery app for Flower: `celery --app worker.flower flower`. It needs REDIS_URL and nothing else."""

import os

from celery import Celery

from shared.jobs import celery_settings


def _app() -> Celery:
    celery = Celery("latchkey")
    celery.conf.update(celery_settings(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")))
    return celery


app = _app()
