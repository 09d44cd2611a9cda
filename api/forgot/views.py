"""POST /forgot-password: count, accept and answer, the same way for every address and without the database."""

import json
from functools import partial

from flask import Flask, Response, g
from flask_limiter import Limiter

from api.forgot.accept import Accept, Accepted
from api.forgot.schemas import ACCEPTED, ACCEPTED_EXAMPLE, FORGOT_EXAMPLE, ForgotRequest
from api.limits.clients import Identify
from api.limits.counting import ADDRESS, FORGOT
from api.limits.limits import judged_if_used_up, limit_clients, refuse
from api.openapi.document import PASSWORDS, Operation
from api.ops.counters import Counters
from api.settings.settings import ApiSettings
from api.web.answers import same_for_everybody
from api.web.json_request import takes


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
