"""POST /forgot-password: count, accept and answer, the same way for every address and without the database."""

import json
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from flask import Flask, Response, g
from flask_limiter import Limiter

from api.forgot.schemas import ACCEPTED, ACCEPTED_EXAMPLE, FORGOT_EXAMPLE, ForgotRequest
from api.limits.clients import DIGITS, Identify
from api.limits.counting import ADDRESS, FORGOT, address_limits, client_limits, script_of_limits, tell
from api.limits.limits import judged_if_used_up, limit_clients, refuse
from api.openapi.document import PASSWORDS, Operation
from api.ops.counters import Counters
from api.ops.memory import Memory
from api.settings.settings import ApiSettings
from api.web.answers import same_for_everybody
from api.web.clients import requester
from api.web.json_request import takes
from shared.outbox.jobs import Job
from shared.outbox.outbox import Outbox, OutboxFull, read_lua
from shared.redis_keys import lua_constants

# Seconds. A connection to Redis that was used less than this ago is not checked before its next use. If Redis closes it
# within that time, the request gets a 503. A restart of Redis takes longer, so connections closed by it are noticed.
TRUSTED_FOR = 0.05
# Networks that count as new to an address within the life of a link. Each gets an email, whatever the address's quota:
# so a stranger needs as many networks to lock out the owner, and can send at most as many emails more.
MAX_NETWORKS = 64


class Accepted(NamedTuple):
    """A request for a link that the script has counted and accepted."""

    job: Job
    within_quota: bool


Accept = Callable[[ForgotRequest], Accepted]


def make_rehearse(outbox: Outbox, settings: ApiSettings) -> Callable[[], None]:
    """Return a function that accepts a request and undoes it in one step of Redis, which nobody else sees."""
    constants = lua_constants({"MAX_JOBS": settings.outbox_max})
    script = outbox.script(constants + read_lua("api.forgot", "rehearse"))

    def rehearse() -> None:
        """Raise OutboxFull or RedisError if no request is accepted now."""
        job = Job.send_link("rehearsal@example.com", b"", "rehearsal")
        if not script([job.id, job.no_op().entry()]):
            raise OutboxFull

    return rehearse


def make_accept(
    outbox: Outbox, memory: Memory, settings: ApiSettings, identify: Identify, address_key: bytes
) -> Accept:
    """Return a function that counts a request against its limits and queues it, in one round trip to Redis."""
    silent = settings.forgot_email_limit_response == "silent"
    constants = {
        "MAX_JOBS": settings.outbox_max,
        "CLIENT_LIMITS": client_limits(settings.forgot_limits, FORGOT),
        "ADDRESS_LIMITS": address_limits(settings.address_limits),
        "TELL_ADDRESS": str(not silent).lower(),
        "MAX_NETWORKS": MAX_NETWORKS,
        "LINK_SECONDS": settings.reset_token_max_age,
    }
    script = script_of_limits(outbox, constants, read_lua("api.forgot", "accept"), TRUSTED_FOR)

    def accept(body: ForgotRequest) -> Accepted:
        """Accept the request. If a limit is used up, store in `g` what Flask-Limiter needs to check it.

        Raises OutboxFull, MemoryShort if Redis is nearly full, and RedisError.
        """
        memory.check()
        job, client = Job.send_link(body.email, address_key, **requester()), identify()
        over_quota = job.no_op().entry() if silent else ""
        address = job.address_hash[:DIGITS]
        answer = script([job.id, *client, address, job.address_hash, job.entry(), over_quota, client.lane])
        if answer is None:
            raise OutboxFull
        within_quota, *counts = answer
        tell(counts)
        g.address = address
        return Accepted(job, bool(within_quota))

    return accept


def register_forgot(
    app: Flask, accept: Accept, limiter: Limiter, identify: Identify, settings: ApiSettings, counters: Counters
) -> None:
    """Add the endpoint."""
    refused = partial(refuse, counters, "requests_limited")
    answer = same_for_everybody(202, lambda: json.dumps({"message": str(ACCEPTED)}, ensure_ascii=False))

    @app.post("/forgot-password")
    @Operation("forgotPassword", "Request a reset link", PASSWORDS, {202: ACCEPTED_EXAMPLE}, takes=FORGOT_EXAMPLE)
    @takes(ForgotRequest, accept)
    @judged_if_used_up
    @limit_clients(limiter, settings.forgot_limits, FORGOT, identify, refused)
    # If the limit is silent, the script accepts a no-op job and reports no breach, which would take longer to answer.
    @limiter.shared_limit(
        settings.address_limits, ADDRESS, key_func=lambda: str(g.address), on_breach=refused("address")
    )
    def forgot_password(accepted: Accepted) -> Response:
        """Request a reset link. The answer is the same for every address. Only an account gets an email.

        A request over the quota of its address is also accepted, but no email is sent.
        """
        counters.add("requests_accepted" if accepted.within_quota else "requests_limited:address")
        return answer(accepted.job.locale)
