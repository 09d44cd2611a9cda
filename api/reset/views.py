"""POST /reset-password and POST /reset-password/check."""

import json
from collections.abc import Callable
from typing import Any

from flask import Flask, Response

from api.limits.limits import View, judged_if_used_up
from api.openapi.document import PASSWORDS, Operation
from api.ops.counters import Counters
from api.problems import INVALID_TOKEN, WEAK_PASSWORD
from api.reset.password_reset import Resets
from api.reset.schemas import (
    CHANGED,
    DONE_EXAMPLE,
    LINK_EXAMPLE,
    RESET_EXAMPLE,
    TOKEN_EXAMPLE,
    LinkState,
    ResetRequest,
    TokenRequest,
)
from api.web.answers import same_for_everybody
from api.web.clients import requester
from api.web.json_request import takes


def register_reset(
    app: Flask, resets: Resets, count: Callable[[Any], Any], limit_clients: Callable[[View], View], counters: Counters
) -> None:
    """Add the two endpoints that take a token. count: counts a request, for `limit_clients` to judge."""
    answer = same_for_everybody(200, lambda: json.dumps({"message": str(CHANGED)}, ensure_ascii=False))
    problems = (INVALID_TOKEN, WEAK_PASSWORD)

    @app.post("/reset-password/check")
    @Operation("checkLink", "Check a reset link", PASSWORDS, {200: LINK_EXAMPLE}, (INVALID_TOKEN,), TOKEN_EXAMPLE)
    @takes(TokenRequest, count)
    @judged_if_used_up
    @limit_clients
    def check_link(body: TokenRequest) -> Response:
        """Check whether a link is still valid, before the user chooses a password. The link stays valid."""
        state = LinkState(expires_at=resets.check(body.token))
        return Response(state.model_dump_json() + "\n", 200, content_type="application/json")

    @app.post("/reset-password")
    @Operation("resetPassword", "Set a new password", PASSWORDS, {200: DONE_EXAMPLE}, problems, RESET_EXAMPLE)
    @takes(ResetRequest, count)
    @judged_if_used_up
    @limit_clients
    def reset_password(body: ResetRequest) -> Response:
        """Set a new password with a link, which works once. If the policy refuses the password, the link stays valid.

        The owner of the address is notified by email.
        """
        asks = requester()
        resets.reset(body.token, body.password, asks)
        counters.add("resets_confirmed")
        return answer(asks["locale"])
