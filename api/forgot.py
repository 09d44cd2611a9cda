"""POST /forgot-password: count, accept, answer. The same way for every address; no database on it."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from importlib.resources import files
from typing import Any

from flask import Response, g
from flask_openapi3 import APIBlueprint, Tag

from api.counters import Counters
from api.limits import Limits, client_key
from api.memory import Memory
from api.schemas import Accepted, ForgotRequest, problems
from shared.addresses import hash_address
from shared.jobs import Job, message, new_id
from shared.outbox import Outbox, OutboxFull

_ANSWER = json.dumps({"message": "If an account uses this address, a mail with a link is on its way."}) + "\n"


def accepted() -> Response:
    """Return the one answer to every request for a link."""
    return Response(_ANSWER, 202, content_type="application/json")


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
        self._script = self.outbox.script((files("api") / "accept.lua").read_text())

    def accept(self, body: ForgotRequest) -> None:
        """Accept the request, and leave the counts for Flask-Limiter in `g.counts`.

        Raises OutboxFull.
        """
        self.memory.check()
        job = self._job(body)
        g.address_hash = job.address_hash
        over_quota = replace(job, kind="over_quota", address="", locale="")
        counters = self._counters(job.client, job.address_hash)
        limits = [part for counter in counters for part in counter]
        entries = [job.entry(), "" if self.loud else over_quota.entry()]
        clients = len(self.limits.forgot_items)
        arguments = [self.most_jobs, job.id, *message(job.id), *entries, job.address_hash, clients, *limits]
        counts = self._script(args=arguments)
        if counts is None:
            raise OutboxFull
        g.counts = {counter[0]: count for counter, count in zip(counters, counts, strict=True)}

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
            request_id=g.request_id,
            address=body.email,
            address_hash=hash_address(body.email, self.address_key),
            accepted_at=time.time(),
            locale=body.locale,
            client=client_key(),
        )

    def _counters(self, client: str, address: str) -> list[tuple[str, int, int]]:
        """List the counters this request spends, the client's first: key, amount, seconds."""
        found = [(item, self.limits.counter(item, client, "forgot")) for item in self.limits.forgot_items]
        found += [(item, self.limits.counter(item, address, "address")) for item in self.limits.address_items]
        return [(key, item.amount, item.get_expiry()) for item, key in found]


def forgot_api(acceptance: Acceptance, counters: Counters) -> APIBlueprint:
    """Build the endpoint."""
    api = APIBlueprint("forgot", __name__, abp_tags=[Tag(name="Passwords")])
    limits = acceptance.limits
    responses: dict[Any, Any] = {202: Accepted, **problems(413, 415, 422, 429, 503)}

    @api.post("/forgot-password", summary="Ask for a reset link", responses=responses)
    @acceptance.before
    @limits.forgot_per_client()
    @limits.forgot_per_address(lambda: g.address_hash, accepted)
    def forgot_password(body: ForgotRequest) -> Response:  # noqa: ARG001 - read by `acceptance.before`
        """Answer every address alike; a mail goes out only where an account uses it."""
        # Only what is within all limits comes here. What is not is counted by its limit, at the same cost.
        counters.add("requests_accepted")
        return accepted()

    return api
