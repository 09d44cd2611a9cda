"""The only map from exception to answer: RFC 9457 problem documents that never repeat what was sent."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, request
from flask_limiter.errors import RateLimitExceeded
from redis.exceptions import OutOfMemoryError, RedisError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from api import problems
from api.forgot.accept import Overloaded
from api.ops.counters import Counters
from api.ops.memory import MemoryShort
from api.passwords.breaches import BreachCheckAway
from api.passwords.formats.formats import HashOfAnotherFormat, HashTooExpensive
from api.passwords.hashing import HashingBusy
from api.passwords.policy import WeakPassword
from api.reset.password_reset import ResetsBusy
from api.web.answers import problem
from api.web.json_request import InvalidRequest
from shared.failures import explain
from shared.log import get_logger
from shared.outbox.outbox import OutboxFull
from shared.tokens import InvalidToken
from shared.users.password_change import UpdateIgnored
from shared.users.table import UsersTableError

Kinds = type[Exception] | tuple[type[Exception], ...]
Found = TypeVar("Found")

# The counters of each endpoint's errors.
_COUNTED_RESETS: dict[Kinds, str] = {
    InvalidToken: "resets_refused:link",
    WeakPassword: "resets_refused:password",
    (HashingBusy, ResetsBusy): "resets_refused:busy",
    (RedisError, SQLAlchemyError, UsersTableError, UpdateIgnored, BreachCheckAway): "resets_refused:unavailable",
    (HashOfAnotherFormat, HashTooExpensive): "resets_refused:format",
}
_COUNTED: dict[str | None, dict[Kinds, str]] = {
    "forgot_password": {
        (MemoryShort, OutOfMemoryError): "requests_refused:memory",
        Overloaded: "requests_refused:overload",
        OutboxFull: "requests_refused:full",
        RedisError: "requests_refused:redis",
    },
    "reset_password": _COUNTED_RESETS,
    "check_link": _COUNTED_RESETS,
}

log = get_logger(__name__)


def register_errors(app: Flask, counters: Counters, for_browsers: Callable[[Response], BaseResponse]) -> None:
    """Answer every exception with its problem document, or what browsers get in its place, and count the refusals."""

    @app.errorhandler(Exception)
    def count_then_answer(error: Exception) -> BaseResponse:
        if field := _first_fit(_COUNTED.get(request.endpoint, {}), error, ""):
            counters.add(field)
        answer = _first_fit(_ANSWERS, error, _unexpected)(error)
        try:
            return for_browsers(answer)
        except Exception as broken:  # A template of the operator's that breaks on this request alone.
            return _unexpected(broken)


def _first_fit(table: dict[Kinds, Found], error: Exception, other: Found) -> Found:
    return next((found for kinds, found in table.items() if isinstance(error, kinds)), other)


def _unavailable(error: Exception) -> Response:
    log.warning("unavailable", error=type(error).__name__, hint=explain(error))
    return problem(problems.UNAVAILABLE)


def _operators_fault(error: Exception) -> Response:
    """Answer like any outage: waiting does not help, but an operator's correction does, and the link stays good."""
    log.error("reset_impossible", error=type(error).__name__, hint=explain(error))
    return problem(problems.UNAVAILABLE)


def _http(error: HTTPException) -> Response:
    """Answer requests that Flask itself refuses: unknown path, wrong method, size or content type, unreadable."""
    response = problem(problems.of_http(error.code or 500))
    if methods := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(methods))
    return response


def _unexpected(error: Exception) -> Response:
    log.error("unexpected_error", error=type(error).__name__, exc_info=error)
    return problem(problems.INTERNAL_ERROR)


_ANSWERS: dict[Kinds, Callable[[Any], Response]] = {
    InvalidRequest: lambda error: problem(problems.INVALID_REQUEST, errors=error.errors),
    InvalidToken: lambda _: problem(problems.INVALID_TOKEN),
    WeakPassword: lambda error: problem(problems.WEAK_PASSWORD, reasons=error.reasons),
    (RedisError, SQLAlchemyError, UsersTableError, BreachCheckAway): _unavailable,
    (OutboxFull, HashingBusy, ResetsBusy): _unavailable,
    (UpdateIgnored, HashOfAnotherFormat, HashTooExpensive): _operators_fault,
    # api/limits/limits.py has already built the 429.
    RateLimitExceeded: lambda error: error.response,
    HTTPException: _http,
}
