"""The usual way: Flask-Limiter for rate limits, and a Celery task for the rest."""

import os

from celery import Celery
from flask import request
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from benchmarks.contenders.mailing import find, make_app, send_link

app = make_app()
limiter = Limiter(get_remote_address, app=app, storage_uri=os.environ["REDIS_URL"])
celery = Celery("usual", broker=os.environ["REDIS_URL"])
celery.conf.update(task_ignore_result=True, task_acks_late=True, worker_concurrency=2)


@celery.task(name="send_reset_mail")
def send_reset_mail(address: str) -> None:
    """Mail a link if an account uses the address."""
    with app.app_context():
        if user := find(address):
            send_link(user)


def typed_address() -> str:
    """Return the key of the per-address limit."""
    return str(request.get_json()["email"]).lower()


@app.post("/forgot-password")
@limiter.limit(os.environ["FORGOT_LIMIT_PER_IP"])
@limiter.limit(os.environ["FORGOT_LIMIT_PER_EMAIL"], key_func=typed_address)
def forgot_password() -> ResponseReturnValue:
    """Queue a task for the worker."""
    send_reset_mail.delay(request.get_json()["email"])
    return {"message": "If an account uses this address, a mail is on its way."}, 202
