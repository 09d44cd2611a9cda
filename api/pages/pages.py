"""The hosted pages and the page of the API's documentation. GET never changes anything."""

from typing import Any

from flask import Blueprint, Flask, Response, redirect
from werkzeug.wrappers import Response as BaseResponse

from api.openapi.document import PAGES, Operation
from api.pages.docs import add_docs
from api.pages.rendered import rendered
from api.pages.static_files import register_static_files
from api.passwords.policy import PasswordPolicy
from api.reset.policy_view import REASONS
from api.settings.settings import ApiSettings
from api.web.answers import named_language, request_language
from api.web.links import relative_url
from shared.languages import language_values, lifetime, tag

_PAGE = {200: None}  # An HTML page, in the OpenAPI document.


def register_pages(app: Flask, settings: ApiSettings, policy: PasswordPolicy) -> None:
    """Add the pages."""
    site = Blueprint("pages", __name__, template_folder="templates")
    site.app_context_processor(lambda: _on_every_page(settings))
    register_static_files(site)

    @site.get("/")
    @site.get("/.well-known/change-password")  # https://www.w3.org/TR/change-password-url/
    def front() -> BaseResponse:
        return redirect(relative_url("pages.forgot_page", **_chosen_language()))

    show_forgot = rendered("forgot.html", lambda: {"lifetime": lifetime(settings.reset_token_max_age)})
    show_reset = rendered("reset.html", lambda: {"policy": policy, "reasons": REASONS})

    @site.get("/forgot-password")
    @Operation("forgotPage", "Show the forgot page", PAGES, _PAGE)
    def forgot_page() -> Response:
        """Show the page that asks for an email address."""
        return show_forgot()

    @site.get("/reset-password")
    @Operation("resetPage", "Show the reset page", PAGES, _PAGE)
    def reset_page() -> Response:
        """Show the page for a new password. The link in the email leads here if `RESET_URL` names this page."""
        return show_reset()

    add_docs(site, settings.product_name)
    app.register_blueprint(site)


def _on_every_page(settings: ApiSettings) -> dict[str, Any]:
    """Return the values that every template gets: branding, language, and relative links."""
    return {
        "url_for": relative_url,
        "product": settings.product_name,
        "support": settings.support_email,
        "sign_in_url": settings.sign_in_url,
        **language_values(request_language()),
        "chosen": _chosen_language(),
    }


def _chosen_language() -> dict[str, Any]:
    """Return the `locale` parameter for links, if the page's address has one, so that links keep that language."""
    return {"locale": tag(request_language())} if named_language() else {}
