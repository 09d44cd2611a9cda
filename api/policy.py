"""GET /password-policy: what a frontend and a password manager can know before a password is chosen."""

from typing import Any

from flask import Response
from flask_openapi3 import OpenAPI

from api.breaches import BreachCheck
from api.password_policy import REASONS, PasswordPolicy
from api.schemas import PASSWORDS, Policy, ReasonText


def register_policy(app: OpenAPI, policy: PasswordPolicy, breach_check: BreachCheck) -> None:
    """Add the endpoint, whose answer is written once."""
    answer = _document(policy, breach_check).model_dump_json() + "\n"
    responses: dict[Any, Any] = {200: Policy}

    @app.get(
        "/password-policy",
        operation_id="passwordPolicy",
        summary="Get the password policy",
        tags=[PASSWORDS],
        responses=responses,
    )
    def password_policy() -> Response:
        """Tell which passwords are taken, and why others are refused: the same to everybody, and quickly."""
        return Response(answer, 200, content_type="application/json")


def _document(policy: PasswordPolicy, breach_check: BreachCheck) -> Policy:
    return Policy(
        min_length=policy.min_length,
        max_length=policy.max_length,
        max_length_unit=policy.max_length_unit,
        breach_check=breach_check != "off",
        passwordrules=f"minlength: {policy.min_length}; maxlength: {policy.max_length};",
        reasons=[ReasonText(code=code, text=text) for code, text in REASONS.items()],
    )
