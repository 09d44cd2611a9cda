"""Every problem that the API answers with: the only place for its status, code, title and example.

The answers (api/web/answers.py), the OpenAPI document and the table of codes in docs/integrate.md are made from these.
"""

from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _


@dataclass(frozen=True)
class ProblemType:
    """A problem type (RFC 9457): what all its answers share.

    title: a lazy string, which is translated when it is shown.
    about: when the API answers with it.
    schema: its name in the OpenAPI document; empty if no operation lists it, because any address may answer with it.
    retry_after: seconds to wait, unless an answer sets its own; None if trying again does not help.
    example: example values of its other members.
    """

    status: int
    code: str
    title: str
    about: str
    schema: str = ""
    retry_after: int | None = None
    example: dict[str, Any] = field(default_factory=dict)

    def document(self, **members: Any) -> dict[str, Any]:
        """Return the problem document, with its title in the request's language (RFC 9457, 3.1.3)."""
        fixed = {"type": "about:blank", "title": str(self.title), "status": self.status, "code": self.code}
        return fixed | members


INVALID_REQUEST = ProblemType(
    422,
    "invalid_request",
    _("The request is not valid"),
    "The body is not a JSON object with exactly the expected fields.",
    "InvalidRequestProblem",
    example={"errors": [{"field": "", "reason": "The body must be a JSON object without repeated fields."}]},
)
WEAK_PASSWORD = ProblemType(
    422,
    "weak_password",
    _("This password can't be used. Your link is still valid."),
    "The policy refuses the password. The link stays valid. `GET /password-policy` explains the reasons.",
    "WeakPasswordProblem",
    example={"reasons": ["too_short", "like_address"]},
)
INVALID_TOKEN = ProblemType(
    400,
    "invalid_or_expired_token",
    _("This link is no longer valid. Request a new one."),
    "The link is used, expired or not genuine, or the password or address has changed since. Offer a new one.",
    "LinkProblem",
)
RATE_LIMITED = ProblemType(
    429,
    "rate_limited",
    _("Too many attempts. Please wait a moment."),
    "The client has sent too many requests. Try again after `Retry-After` seconds.",
    "RateLimitedProblem",
    retry_after=60,
)
UNAVAILABLE = ProblemType(
    503,
    "unavailable",
    _("We can't do this right now. Please try again in a moment."),
    "The service is temporarily unavailable. Try again after `Retry-After` seconds.",
    "UnavailableProblem",
    retry_after=5,  # A restart of Redis or a failover takes this long.
)
BODY_TOO_LARGE = ProblemType(
    413,
    "body_too_large",
    _("The request body is too large: 16 KiB at most."),
    "The body is larger than 16 KiB.",
    "BodyTooLargeProblem",
)
INTERNAL_ERROR = ProblemType(500, "internal_error", _("Something went wrong on our end."), "An error in the service.")
BAD_REQUEST = ProblemType(400, "bad_request", _("This request can't be read."), "The request cannot be read as HTTP.")
NOT_JSON = ProblemType(
    415,
    "unsupported_media_type",
    _("The content type must be application/json."),
    "The content type is not `application/json`.",
    "NotJsonProblem",
)
NOT_FOUND = ProblemType(404, "not_found", _("Not found."), "The path does not exist.")
METHOD_NOT_ALLOWED = ProblemType(
    405,
    "method_not_allowed",
    _("Method not allowed."),
    "The path does not accept this method.",
)
# The standard library's phrases are English, and change between versions of Python.
_OF_HTTP = {each.status: each for each in (BAD_REQUEST, NOT_FOUND, METHOD_NOT_ALLOWED, BODY_TOO_LARGE, NOT_JSON)}


def of_http(status: int) -> ProblemType:
    """Return the problem type for a status with which Flask itself refuses a request."""
    title, about = _("This request can't be processed."), "Any other error of HTTP itself, by its status."
    return _OF_HTTP.get(status) or ProblemType(status, f"http_{status}", title, about)
