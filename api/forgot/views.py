"""POST /forgot-password: count, accept and answer, the same way for every address and without the database."""

import json
from collections.abc import Callable
from typing import NamedTuple

from flask import Flask, Response, g
from flask_limiter import Limiter

from api.forgot.schemas import ACCEPTED, ACCEPTED_EXAMPLE, FORGOT_EXAMPLE, ForgotRequest
from api.limits.limits import ADDRESS, FORGOT, judged_if_used_up, lua_table, refuse
from api.openapi.document import PASSWORDS, Operation
from api.ops.counters import Counters
from api.ops.memory import Memory
from api.settings.settings import ApiSettings
from api.web.answers import same_for_everybody
from api.web.clients import client_key, requester
from api.web.json_request import takes
from shared.outbox.jobs import Job
from shared.outbox.outbox import Outbox, OutboxFull, read_lua
from shared.redis_keys import MICROSECONDS, lua_constants

# Seconds. A connection to Redis that was used less than this ago is not checked before its next use. If Redis closes it
# within that time, the request gets a 503. A restart of Redis takes longer, so connections closed by it are noticed.
TRUSTED_FOR = 0.05
PATIENCE = 2.0  # Seconds that a lane's oldest job may wait before the pace of the workers is looked at.
FEW_LANES = 100  # Among fewer lanes, a new one has its turn soon, whatever the pace.
STALE_PACE = 10  # Seconds for which a measured pace counts.


class Overloaded(OutboxFull):
    """What this client's network has asked for already takes the workers too long."""

    hint = (
        "The workers cannot finish in time what one network asks for. If these are not attacks, start more workers, or "
        "check that the relay is fast enough."
    )


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


def make_accept(outbox: Outbox, memory: Memory, settings: ApiSettings, address_key: bytes) -> Accept:
    """Return a function that counts a request against its limits and queues it, in one round trip to Redis."""
    silent = settings.forgot_email_limit_response == "silent"
    constants = {
        "MAX_JOBS": settings.outbox_max,
        "CLIENT_LIMITS": lua_table(settings.forgot_limit_per_ip, FORGOT),
        "ADDRESS_LIMITS": lua_table(settings.forgot_limit_per_email, ADDRESS),
        "TELL_ADDRESS": str(not silent).lower(),
        "PATIENCE": int(PATIENCE * MICROSECONDS),
        "FEW_LANES": FEW_LANES,
        "STALE_PACE": STALE_PACE * MICROSECONDS,
    }
    body = "".join(read_lua("api.forgot", name) for name in ("admission", "accept"))
    script = outbox.script(lua_constants(constants) + body, trusted_for=TRUSTED_FOR)

    def accept(body: ForgotRequest) -> Accepted:
        """Accept the request. If a limit is used up, store in `g` what Flask-Limiter needs to check it.

        Raises OutboxFull, MemoryShort if Redis is nearly full, and RedisError.
        """
        memory.check()
        job = Job.send_link(body.email, address_key, **requester())
        over_quota = job.no_op().entry() if silent else ""
        answer = script([job.id, client_key(), job.address_hash, job.entry(), over_quota, "lane"])
        if answer is None:
            raise OutboxFull
        within_quota, *counts = answer
        if within_quota < 0:
            raise Overloaded
        if counts:
            g.counts, g.address_hash = dict(zip(counts[::2], counts[1::2], strict=True)), job.address_hash
        return Accepted(job, bool(within_quota))

    return accept


def register_forgot(app: Flask, accept: Accept, limiter: Limiter, settings: ApiSettings, counters: Counters) -> None:
    """Add the endpoint."""
    answer = same_for_everybody(202, lambda: json.dumps({"message": str(ACCEPTED)}, ensure_ascii=False))

    @app.post("/forgot-password")
    @Operation("forgotPassword", "Request a reset link", PASSWORDS, {202: ACCEPTED_EXAMPLE}, takes=FORGOT_EXAMPLE)
    @takes(ForgotRequest, accept)
    @judged_if_used_up
    @limiter.shared_limit(settings.forgot_limit_per_ip, FORGOT, on_breach=refuse(counters, "requests_limited:client"))
    # If the limit is silent, the script accepts a no-op job and reports no breach, which would take longer to answer.
    @limiter.shared_limit(
        settings.forgot_limit_per_email,
        ADDRESS,
        key_func=lambda: str(g.address_hash),
        on_breach=refuse(counters, "requests_limited:address"),
    )
    def forgot_password(accepted: Accepted) -> Response:
        """Request a reset link. The answer is the same for every address. Only an account gets an email.

        A request over the quota of its address is also accepted, but no email is sent.
        """
        counters.add("requests_accepted" if accepted.within_quota else "requests_limited:address")
        return answer(accepted.job.locale)
