"""The only map from exception to answer: RFC 9457 problem documents that never repeat what was sent."""

import json
from collections.abc import Callable
from typing import Any, NoReturn

from flask import Flask, Response, request
from flask_limiter.errors import RateLimitExceeded
from pydantic import ValidationError
from redis.exceptions import OutOfMemoryError, RedisError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from api.breaches import BreachCheckAway
from api.counters import Counters
from api.memory import MemoryShort
from api.password_policy import WeakPassword
from api.passwords import HashingBusy
from api.resets import LinkOverused
from api.slots import SlotsTaken
from shared.log import get_logger
from shared.outbox import OutboxFull
from shared.tokens import InvalidToken
from shared.users import UsersTableError

TOO_MANY = "Too many requests. Wait a little."
RETRY_AFTER = 5  # Seconds: what a restart of Redis or a failover takes.

# Written out, because the phrases of the standard library change between versions of Python.
_HTTP = {
    400: ("bad_request", "This request cannot be read."),
    404: ("not_found", "There is nothing under this address."),
    405: ("method_not_allowed", "This address does not take this method."),
    413: ("body_too_large", "The body is too large: 16 KiB at most."),
    415: ("unsupported_media_type", "The content type must be application/json."),
}

# What is counted of each endpoint's requests; where several fit, the first.
_COUNTED_RESETS: dict[str, tuple[type[Exception], ...]] = {
    "resets_refused:link": (InvalidToken,),
    "resets_refused:password": (WeakPassword,),
    "resets_refused:busy": (HashingBusy, SlotsTaken),
    "resets_refused:unavailable": (RedisError, SQLAlchemyError, UsersTableError, BreachCheckAway),
}
_COUNTED: dict[str | None, dict[str, tuple[type[Exception], ...]]] = {
    "forgot_password": {
        "requests_refused:memory": (MemoryShort, OutOfMemoryError),
        "requests_refused:full": (OutboxFull,),
        "requests_refused:redis": (RedisError,),
    },
    "reset_password": _COUNTED_RESETS,
    "check_link": _COUNTED_RESETS,
}

log = get_logger(__name__)


class InvalidRequest(Exception):
    """The body is not a JSON object of exactly the fields asked for."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__("invalid request")
        self.errors = errors


def problem(status: int, code: str, title: str, *, retry_after: int | None = None, **members: Any) -> Response:
    """Build a problem document."""
    document = {"type": "about:blank", "title": title, "status": status, "code": code, **members}
    response = Response(json.dumps(document) + "\n", status, content_type="application/problem+json")
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def refuse_fields(error: ValidationError) -> NoReturn:
    """Turn pydantic's findings into our own; unknown field names are the client's text and are not repeated."""
    errors = []
    unknown = {"field": "", "reason": "there is a field that is not known"}
    for item in error.errors(include_input=False, include_url=False, include_context=False):
        if item["type"] != "extra_forbidden":
            reason = item["msg"].removeprefix("Value error, ")
            errors.append({"field": ".".join(map(str, item["loc"])), "reason": reason[0].lower() + reason[1:]})
        elif unknown not in errors:
            # Once: for a thousand of them the answer would be six times as long as the request.
            errors.append(unknown)
    raise InvalidRequest(errors)


def register_errors(app: Flask, counters: Counters) -> None:
    """Answer every exception with its problem document, and count what was refused."""

    def counted(answer: Callable[[Any], Response]) -> Callable[[Any], Response]:
        def count_then_answer(error: Exception) -> Response:
            fields = _COUNTED.get(request.endpoint, {})
            if field := next((field for field, kinds in fields.items() if isinstance(error, kinds)), None):
                counters.add(field)
            return answer(error)

        return count_then_answer

    app.register_error_handler(InvalidRequest, _invalid_request)
    app.register_error_handler(InvalidToken, counted(_invalid_token))
    app.register_error_handler(WeakPassword, counted(_weak_password))
    app.register_error_handler(RateLimitExceeded, _rate_limited)
    app.register_error_handler(LinkOverused, _link_overused)
    for away in (RedisError, OutboxFull, SQLAlchemyError, UsersTableError, HashingBusy, SlotsTaken, BreachCheckAway):
        app.register_error_handler(away, counted(_unavailable))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _invalid_request(error: InvalidRequest) -> Response:
    return problem(422, "invalid_request", "The request is not valid", errors=error.errors)


def _invalid_token(_error: InvalidToken) -> Response:
    return problem(400, "invalid_or_expired_token", "This link is not valid any more. Ask for a new one.")


def _weak_password(error: WeakPassword) -> Response:
    return problem(422, "weak_password", "This password cannot be used. The link stays good.", reasons=error.reasons)


def _rate_limited(error: RateLimitExceeded) -> Response:
    # A limit with an answer of its own has given it already: the silent one, or a 429 with Retry-After.
    if error.response is not None:
        return error.response  # type: ignore[return-value] # Werkzeug types it more widely.
    return problem(429, "rate_limited", TOO_MANY, retry_after=60)


def _link_overused(error: LinkOverused) -> Response:
    return problem(429, "rate_limited", TOO_MANY, retry_after=error.retry_after)


def _unavailable(error: Exception) -> Response:
    # The error's text may hold a statement or an address; its type is enough for the log, except where it is ours.
    detail = str(error) if isinstance(error, UsersTableError) else ""
    log.warning("unavailable", error=type(error).__name__, detail=detail)
    return problem(503, "unavailable", "This is not possible at the moment. Try again soon.", retry_after=RETRY_AFTER)


def _http(error: HTTPException) -> Response:
    """Answer what Flask itself refuses: unknown path, method, size, content type, an unreadable request."""
    status = error.code or 500
    response = problem(status, *_HTTP.get(status, (f"http_{status}", "This request cannot be answered.")))
    if methods := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(methods))
    return response


def _unexpected(error: Exception) -> Response:
    log.error("unexpected_error", error=type(error).__name__, exc_info=error)
    return problem(500, "internal_error", "Something went wrong on our side.")
