"""The only map from exception to answer: RFC 9457 problem documents that never repeat what was sent."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from flask_limiter.errors import RateLimitExceeded
from redis.exceptions import AuthenticationError, OutOfMemoryError, RedisError
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import TimeoutError as RedisSlow
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from api import problems
from api.limits.limits import LinkOverused
from api.ops.counters import Counters
from api.ops.memory import MemoryShort
from api.passwords.breaches import BreachCheckAway
from api.passwords.hashing import HashingBusy
from api.passwords.policy import WeakPassword
from api.reset.password_reset import ResetsBusy
from api.web.answers import problem
from api.web.json_request import InvalidRequest
from shared.log import get_logger
from shared.outbox.outbox import OutboxFull
from shared.tokens import InvalidToken
from shared.users.table import UsersTableError

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
    "resets_refused:busy": (HashingBusy, ResetsBusy),
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


def register_errors(app: Flask, counters: Counters) -> None:
    """Answer every exception with its problem document, and count what was refused."""

    def counted(answer: Callable[[Any], Response]) -> Callable[[Any], Response]:
        def count_then_answer(error: Exception) -> Response:
            fields = _COUNTED.get(request.endpoint, {})
            if field := next((field for field, kinds in fields.items() if isinstance(error, kinds)), None):
                counters.add(field)
            return answer(error)

        return count_then_answer

    for kind, answer in _ANSWERS.items():
        app.register_error_handler(kind, counted(answer))


def _rate_limited(error: RateLimitExceeded) -> Response:
    # Each of our limits has given its answer already: the 429 of api/limits/limits.py.
    return error.response or problem(problems.RATE_LIMITED)  # type: ignore[return-value] # Werkzeug types it more widely.


def _unavailable(error: Exception) -> Response:
    # The error's text may hold a statement or an address: the log gets a sentence of ours, and its type.
    known = next((sentence for kind, sentence in _DETAILS.items() if isinstance(error, kind)), "")
    detail = str(error) if isinstance(error, UsersTableError) else known
    log.warning("unavailable", error=type(error).__name__, detail=detail)
    return problem(problems.UNAVAILABLE)


def _http(error: HTTPException) -> Response:
    """Answer what Flask itself refuses: unknown path, method, size, content type, an unreadable request."""
    response = problem(problems.of_http(error.code or 500))
    if methods := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(methods))
    return response


def _unexpected(error: Exception) -> Response:
    log.error("unexpected_error", error=type(error).__name__, exc_info=error)
    return problem(problems.INTERNAL_ERROR)


_ANSWERS: dict[type[Exception], Callable[[Any], Response]] = {
    InvalidRequest: lambda error: problem(problems.INVALID_REQUEST, errors=error.errors),
    InvalidToken: lambda _: problem(problems.INVALID_TOKEN),
    WeakPassword: lambda error: problem(problems.WEAK_PASSWORD, reasons=error.reasons),
    RateLimitExceeded: _rate_limited,
    LinkOverused: lambda error: problem(problems.RATE_LIMITED, retry_after=error.retry_after),
    RedisError: _unavailable,
    OutboxFull: _unavailable,
    SQLAlchemyError: _unavailable,
    UsersTableError: _unavailable,
    HashingBusy: _unavailable,
    ResetsBusy: _unavailable,
    BreachCheckAway: _unavailable,
    HTTPException: _http,
    Exception: _unexpected,
}
