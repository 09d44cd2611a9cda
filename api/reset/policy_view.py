"""GET /password-policy: the rules, for frontends and password managers to show before a password is chosen."""

from flask import Flask, Response
from flask_babel import lazy_gettext

from api.openapi.document import PASSWORDS, Operation
from api.passwords.policy import PasswordPolicy, Reason
from api.reset.schemas import POLICY_EXAMPLE, Policy, ReasonText
from api.web.answers import request_language, same_for_everybody

REASONS: dict[Reason, str] = {
    "too_short": lazy_gettext("It's too short."),
    "too_long": lazy_gettext("It's too long."),
    "contains_nul": lazy_gettext("It contains a character we can't accept."),
    "too_common": lazy_gettext("It's too common or easy to guess. Add an unrelated word or two."),
    "like_address": lazy_gettext("It's too close to your email address."),
    "like_product": lazy_gettext("It's too close to the name of the product."),
    "same_as_old": lazy_gettext("It's the same as your current password."),
    "breached": lazy_gettext("It has appeared in a data breach."),
}


def register_policy(app: Flask, policy: PasswordPolicy, breach_check: str) -> None:
    """Add the endpoint."""
    answer = same_for_everybody(200, lambda: _document(policy, breach_check).model_dump_json())

    @app.get("/password-policy")
    @Operation("passwordPolicy", "Get the password policy", PASSWORDS, {200: POLICY_EXAMPLE})
    def password_policy() -> Response:
        """Return the rules for new passwords and all reasons to refuse one. They are the same for everybody."""
        return answer(request_language())


def _document(policy: PasswordPolicy, breach_check: str) -> Policy:
    return Policy(
        min_length=policy.min_length,
        max_length=policy.max_length,
        max_length_unit=policy.max_length_unit,
        breach_check=breach_check != "off",
        passwordrules=policy.passwordrules,
        reasons=[ReasonText(code=code, text=str(text)) for code, text in REASONS.items()],
    )
