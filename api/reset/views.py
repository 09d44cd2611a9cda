"""POST /reset-password and POST /reset-password/check."""

import json
from typing import Any

from flask import Response
from flask_babel import gettext
from flask_limiter import Limiter, RouteLimit
from flask_openapi3 import OpenAPI

from api.limits.limits import RESET, refuse
from api.openapi.problems import LinkProblem, WeakPasswordProblem, problems
from api.openapi.schemas import PASSWORDS, Done, LinkState, ResetRequest, TokenRequest
from api.ops.counters import Counters
from api.reset.password_reset import Resets
from api.web.language import Answer
from api.web.middleware import requester


def register_reset(app: OpenAPI, resets: Resets, limiter: Limiter, limit: str, counters: Counters) -> None:
    """Add the two endpoints that take a token."""
    limit_per_client = limiter.shared_limit(limit, RESET, on_breach=refuse(counters, "resets_limited:client"))
    _register_check(app, resets, limit_per_client)
    answer = Answer(app, 200, _message)
    responses: dict[Any, Any] = {200: Done, **problems(LinkProblem, WeakPasswordProblem)}

    @app.post(
        "/reset-password",
        operation_id="resetPassword",
        summary="Set a new password",
        tags=[PASSWORDS],
        responses=responses,
    )
    @limit_per_client
    def reset_password(body: ResetRequest) -> Response:
        """Use the link, which works once. A password that the policy refuses leaves it good.

        The owner of the address is told by mail.
        """
        asks = requester()
        resets.reset(body.token, body.password, asks)
        counters.add("resets_confirmed")
        return answer.in_language(asks.locale)


def _register_check(app: OpenAPI, resets: Resets, limit_per_client: RouteLimit) -> None:
    responses: dict[Any, Any] = {200: LinkState, **problems(LinkProblem)}

    @app.post(
        "/reset-password/check",
        operation_id="checkLink",
        summary="Check a reset link",
        tags=[PASSWORDS],
        responses=responses,
    )
    @limit_per_client
    def check_link(body: TokenRequest) -> Response:
        """Tell early whether a link is dead, before anybody thinks of a password; nothing is changed."""
        state = LinkState(expires_at=resets.check(body.token))
        return Response(state.model_dump_json() + "\n", 200, content_type="application/json")


def _message() -> str:
    return json.dumps({"message": gettext("Your password is changed.")}, ensure_ascii=False)
