"""The floor for a worker: latchkey's Celery settings and messages, with a task that does nothing."""

import os

from celery import Celery

from shared.outbox.jobs import DELIVER
from worker.queue.celery_settings import celery_settings

celery = Celery("floor")
celery.conf.update(celery_settings(os.environ["REDIS_URL"]), worker_concurrency=int(os.environ["WORKER_PROCESSES"]))


@celery.task(name=DELIVER)
def deliver(job_id: str) -> None:
    """Do nothing."""
