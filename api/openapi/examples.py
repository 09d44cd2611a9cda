"""What requests and answers look like, by the names of their schemas: the examples of the OpenAPI document."""

from typing import Any

_TOKEN = "IjEi.aSJzaQ.kq3xRZ4bTdnV0wYc8uJH2m9pLrE"  # noqa: S105 - It opens nothing.
_PASSWORD = "violet kettle under nine bridges"  # noqa: S105 - Nobody's.

EXAMPLES: dict[str, Any] = {
    "ForgotRequest": {"email": "anna@example.com", "locale": "en"},
    "ResetRequest": {"token": _TOKEN, "password": _PASSWORD},
    "TokenRequest": {"token": _TOKEN},
    "Accepted": {"message": "If an account uses this address, a mail with a link is on its way."},
    "Done": {"message": "Your password is changed."},
    "LinkState": {"expires_at": "2026-03-01T12:30:00Z"},
    "Policy": {
        "min_length": 15,
        "max_length": 72,
        "max_length_unit": "bytes",
        "breach_check": False,
        "passwordrules": "minlength: 15; maxlength: 72;",
        "reasons": [
            {"code": "too_short", "text": "It has too few characters."},
            {"code": "too_common", "text": "It is one that many people choose, or easy to guess."},
        ],
    },
    "Health": {"status": "ok"},
}


def _problem(status: int, code: str, title: str, **members: Any) -> dict[str, Any]:
    return {"type": "about:blank", "title": title, "status": status, "code": code, **members}


EXAMPLES |= {
    "LinkProblem": _problem(400, "invalid_or_expired_token", "This link is not valid any more. Ask for a new one."),
    "BodyTooLargeProblem": _problem(413, "body_too_large", "The body is too large: 16 KiB at most."),
    "NotJsonProblem": _problem(415, "unsupported_media_type", "The content type must be application/json."),
    "InvalidRequestProblem": _problem(
        422,
        "invalid_request",
        "The request is not valid",
        errors=[{"field": "", "reason": "The body must be a JSON object with each field once."}],
    ),
    "WeakPasswordProblem": _problem(
        422,
        "weak_password",
        "This password cannot be used. The link stays good.",
        reasons=["too_short", "like_address"],
    ),
    "RateLimitedProblem": _problem(429, "rate_limited", "Too many requests. Wait a little."),
    "UnavailableProblem": _problem(503, "unavailable", "This is not possible at the moment. Try again soon."),
}
