"""POST /forgot-password: count, accept, answer. The same way for every address; no database on it."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from importlib.resources import files
from typing import Any

from flask import Response, g
from flask_babel import gettext
from flask_openapi3 import OpenAPI

from api.clients import client_key
from api.counters import Counters
from api.language import Answer
from api.limits import ADDRESS, FORGOT, Counted, Limits
from api.memory import Memory
from api.problems import problems
from api.requests import requester
from api.schemas import PASSWORDS, Accepted, ForgotRequest
from shared.addresses import hash_address
from shared.jobs import Job, new_id
from shared.outbox import Outbox, OutboxFull

# Seconds in which a connection to Redis is not looked at again. One that Redis closes in between costs a 503; a
# restart takes longer.
TRUSTED_FOR = 0.05


@dataclass
class Acceptance:
    """Counts a request against its limits and puts it into the outbox, in one round trip to Redis."""

    outbox: Outbox
    limits: Limits
    memory: Memory
    address_key: bytes
    most_jobs: int
    loud: bool

    def __post_init__(self) -> None:
        """Register the script; nothing is sent to Redis yet."""
        constants = f"local MOST_JOBS = {self.most_jobs}\n{self.limits.lua()}"
        text = constants + (files("api") / "accept.lua").read_text()
        self._script = self.outbox.script(text, trusted_for=TRUSTED_FOR)
        self._limits = [(item, FORGOT) for item in self.limits.client_items]
        self._limits += [(item, ADDRESS) for item in self.limits.address_items]

    def accept(self, body: ForgotRequest) -> None:
        """Accept the request, and leave it with its counts in `g.counted`, for Flask-Limiter and the view.

        Raises OutboxFull, MemoryShort where Redis is nearly full, and RedisError.
        """
        self.memory.check()
        client, job = client_key(), self._job(body)
        over_quota = "" if self.loud else _asking_for_nothing(job).entry()
        counts = self._script([job.id, job.entry(), over_quota, client, job.address_hash])
        if counts is None:
            raise OutboxFull
        g.counted = Counted(job, client, dict(zip(self._limits, counts, strict=True)))

    def before(self, view: Callable[..., Response]) -> Callable[..., Response]:
        """Accept first, then go on to Flask-Limiter's decorators and the view."""

        @wraps(view)
        def accept_then_answer(body: ForgotRequest) -> Response:
            self.accept(body)
            return view(body=body)

        return accept_then_answer

    def _job(self, body: ForgotRequest) -> Job:
        return Job(
            id=new_id(),
            kind="forgot",
            address=body.email,
            address_hash=hash_address(body.email, self.address_key),
            accepted_at=time.time(),
            **requester()._asdict(),
        )


def _asking_for_nothing(job: Job) -> Job:
    return Job(job.id, "over_quota", job.request_id, job.address_hash, job.accepted_at)


def register_forgot(app: OpenAPI, acceptance: Acceptance, counters: Counters) -> None:
    """Add the endpoint."""
    limits = acceptance.limits
    answer = Answer(app, 202, _message)
    responses: dict[Any, Any] = {202: Accepted, **problems()}

    @app.post(
        "/forgot-password",
        operation_id="forgotPassword",
        summary="Request a reset link",
        tags=[PASSWORDS],
        responses=responses,
    )
    @acceptance.before
    @limits.on_forgot(lambda: g.counted)
    def forgot_password(body: ForgotRequest) -> Response:  # noqa: ARG001 - read by `acceptance.before`
        """Answer every address alike; a mail with a link goes out only where an account uses it.

        More requests for one address than its quota are accepted and not mailed.
        """
        counted = g.counted
        counters.add("requests_limited:address" if counted.over_quota else "requests_accepted")
        return answer.in_language(counted.job.locale)


def _message() -> str:
    text = gettext("If an account uses this address, a mail with a link is on its way.")
    return json.dumps({"message": text}, ensure_ascii=False)
