"""POST /reset-password and POST /reset-password/check."""

import json
from typing import Any

from flask import Response
from flask_babel import gettext
from flask_openapi3 import OpenAPI

from api.counters import Counters
from api.language import Answer
from api.limits import Limits
from api.requests import requester
from api.resets import Resets
from api.schemas import PASSWORDS, Done, LinkState, ResetRequest, TokenRequest, problems


def register_reset(app: OpenAPI, resets: Resets, limits: Limits, counters: Counters) -> None:
    """Add the two endpoints that take a token."""
    answer = Answer(app, 200, _message)
    refusals = problems(400, 413, 415, 422, 429, 503)
    done: dict[Any, Any] = {200: Done, **refusals}
    good: dict[Any, Any] = {200: LinkState, **refusals}

    @app.post("/reset-password", summary="Set the new password", tags=[PASSWORDS], responses=done)
    @limits.on_reset()
    def reset_password(body: ResetRequest) -> Response:
        """Use the link, which works once. A password that the policy refuses leaves it good."""
        asks = requester()
        resets.reset(body.token, body.password, asks)
        counters.add("resets_confirmed")
        return answer.in_language(asks.locale)

    @app.post("/reset-password/check", summary="Is this link still good?", tags=[PASSWORDS], responses=good)
    @limits.on_reset()
    def check_link(body: TokenRequest) -> Response:
        """Tell early that a link is dead; nothing is changed."""
        state = LinkState(expires_at=resets.check(body.token))
        return Response(state.model_dump_json() + "\n", 200, content_type="application/json")


def _message() -> str:
    return json.dumps({"message": gettext("Your password is changed.")}, ensure_ascii=False)
