"""Accept a request for a link: count it and queue its job, in one round trip to Redis."""

from collections.abc import Callable
from typing import NamedTuple

from flask import g

from api.forgot.schemas import ForgotRequest
from api.limits.clients import DIGITS, Identify
from api.limits.counting import FORGOT, address_limits, client_limits, script_of_limits, tell
from api.ops.memory import Memory
from api.settings.settings import ApiSettings
from api.web.clients import requester
from shared.outbox.jobs import Job
from shared.outbox.outbox import Outbox, OutboxFull, read_lua
from shared.redis_keys import MICROSECONDS, lua_constants

# Seconds. A connection to Redis that was used less than this ago is not checked before its next use. If Redis closes it
# within that time, the request gets a 503. A restart of Redis takes longer, so connections closed by it are noticed.
TRUSTED_FOR = 0.05
PATIENCE = 2.0  # Seconds that a lane's oldest job may wait before the pace of the workers is looked at.
FEW_LANES = 100  # Among fewer lanes, a new one has its turn soon, whatever the pace.
STALE_PACE = 10  # Seconds for which a measured pace counts.
# Networks that count as new to an address within the life of a link. Each gets an email, whatever the address's quota:
# so a stranger needs as many networks to lock out the owner, and can send at most as many emails more.
MAX_NETWORKS = 64


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


def make_accept(
    outbox: Outbox, memory: Memory, settings: ApiSettings, identify: Identify, address_key: bytes
) -> Accept:
    """Return a function that counts a request against its limits and queues it, in one round trip to Redis."""
    silent = settings.forgot_email_limit_response == "silent"
    body = "".join(read_lua("api.forgot", name) for name in ("admission", "accept"))
    script = script_of_limits(outbox, _constants(settings, silent=silent), body, TRUSTED_FOR)

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
        if within_quota < 0:
            raise Overloaded
        tell(counts)
        g.address = address
        return Accepted(job, bool(within_quota))

    return accept


def _constants(settings: ApiSettings, *, silent: bool) -> dict[str, object]:
    return {
        "MAX_JOBS": settings.outbox_max,
        "CLIENT_LIMITS": client_limits(settings.forgot_limits, FORGOT),
        "ADDRESS_LIMITS": address_limits(settings.address_limits),
        "TELL_ADDRESS": str(not silent).lower(),
        "MAX_NETWORKS": MAX_NETWORKS,
        "LINK_SECONDS": settings.reset_token_max_age,
        "PATIENCE": int(PATIENCE * MICROSECONDS),
        "FEW_LANES": FEW_LANES,
        "STALE_PACE": STALE_PACE * MICROSECONDS,
    }
