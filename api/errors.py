"""The only map from exception to answer: RFC 9457 problem documents that never repeat what was sent."""

import json
from collections.abc import Callable
from typing import Any, NoReturn

from flask import Flask, Response, request
from flask_babel import gettext, lazy_gettext
from flask_limiter.errors import RateLimitExceeded
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from redis.exceptions import AuthenticationError, OutOfMemoryError, RedisError
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import TimeoutError as RedisSlow
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from api.ops.counters import Counters
from api.ops.memory import MemoryShort
from api.passwords.breaches import BreachCheckAway
from api.passwords.hashing import HashingBusy
from api.passwords.policy import WeakPassword
from api.reset.bulkhead import SlotsTaken
from api.reset.password_reset import LinkOverused
from api.web.language import request_language
from shared.languages import tag
from shared.log import get_logger
from shared.outbox.outbox import OutboxFull
from shared.tokens import InvalidToken
from shared.users.table import UsersTableError

RETRY_AFTER = 5  # Seconds: what a restart of Redis or a failover takes.

# Written out, because the phrases of the standard library change between versions of Python, and are English.
_HTTP = {
    400: ("bad_request", lazy_gettext("This request cannot be read.")),
    404: ("not_found", lazy_gettext("There is nothing under this address.")),
    405: ("method_not_allowed", lazy_gettext("This address does not take this method.")),
    413: ("body_too_large", lazy_gettext("The body is too large: 16 KiB at most.")),
    415: ("unsupported_media_type", lazy_gettext("The content type must be application/json.")),
}
# By pydantic's types of errors, in the place of its own texts: those are English, and some repeat what was sent.
_REASONS = {
    "missing": lazy_gettext("This field is missing."),
    "string_type": lazy_gettext("This must be a text."),
    "string_unicode": lazy_gettext("This must be a text."),
    "string_too_short": lazy_gettext("This must not be empty."),
    "string_too_long": lazy_gettext("This is too long."),
    "string_pattern_mismatch": lazy_gettext("This must be a language tag, such as de or pt-BR."),
    "one_address": lazy_gettext("This must be one email address."),
    "extra_forbidden": lazy_gettext("There is a field that is not known."),
}
_OTHER_REASON = lazy_gettext("This is not valid.")

# For the log; where several fit, the first.
_DETAILS: dict[type[Exception], str] = {
    RedisSlow: "Redis did not answer within its time.",
    AuthenticationError: "Redis does not let us in.",
    RedisAway: "Redis cannot be reached.",
    OutOfMemoryError: "Redis is full.",
    RedisError: "Redis refused a command.",
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
    """Build a problem document. Its title is in the request's language (RFC 9457, 3.1.3), and its code in none."""
    document = {"type": "about:blank", "title": str(title), "status": status, "code": code, **members}
    headers = {"Content-Language": tag(request_language())}
    response = Response(
        json.dumps(document, ensure_ascii=False) + "\n", status, headers, content_type="application/problem+json"
    )
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def too_many_requests(retry_after: int) -> Response:
    """Build the answer to a client that asked too often."""
    return problem(429, "rate_limited", gettext("Too many requests. Wait a little."), retry_after=retry_after)


def refuse_fields(error: ValidationError) -> NoReturn:
    """Turn pydantic's findings into our own; unknown field names are the client's text and are not repeated."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    # Each kind once: for a thousand unknown fields the answer would be six times as long as the request, and take long.
    kinds = dict.fromkeys((_field(item), item["type"]) for item in found)
    raise InvalidRequest([{"field": name, "reason": str(_REASONS.get(kind, _OTHER_REASON))} for name, kind in kinds])


def _field(item: ErrorDetails) -> str:
    return "" if item["type"] == "extra_forbidden" else ".".join(map(str, item["loc"]))


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
    return problem(422, "invalid_request", gettext("The request is not valid"), errors=error.errors)


def _invalid_token(_error: InvalidToken) -> Response:
    title = gettext("This link is not valid any more. Ask for a new one.")
    return problem(400, "invalid_or_expired_token", title)


def _weak_password(error: WeakPassword) -> Response:
    title = gettext("This password cannot be used. The link stays good.")
    return problem(422, "weak_password", title, reasons=error.reasons)


def _rate_limited(error: RateLimitExceeded) -> Response:
    # A limit with an answer of its own has given it already: the silent one, or a 429 with Retry-After.
    if error.response is not None:
        return error.response  # type: ignore[return-value] # Werkzeug types it more widely.
    return too_many_requests(60)


def _link_overused(error: LinkOverused) -> Response:
    return too_many_requests(error.retry_after)


def _unavailable(error: Exception) -> Response:
    # The error's text may hold a statement or an address: the log gets a sentence of ours, and its type.
    known = next((sentence for kind, sentence in _DETAILS.items() if isinstance(error, kind)), "")
    detail = str(error) if isinstance(error, UsersTableError) else known
    log.warning("unavailable", error=type(error).__name__, detail=detail)
    title = gettext("This is not possible at the moment. Try again soon.")
    return problem(503, "unavailable", title, retry_after=RETRY_AFTER)


def _http(error: HTTPException) -> Response:
    """Answer what Flask itself refuses: unknown path, method, size, content type, an unreadable request."""
    status = error.code or 500
    code, title = _HTTP.get(status, (f"http_{status}", gettext("This request cannot be answered.")))
    response = problem(status, code, title)
    if methods := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(methods))
    return response


def _unexpected(error: Exception) -> Response:
    log.error("unexpected_error", error=type(error).__name__, exc_info=error)
    return problem(500, "internal_error", gettext("Something went wrong on our side."))
