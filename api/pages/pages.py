"""The hosted pages and the page of the API's documentation. GET never changes anything."""

from pathlib import Path
from typing import Any

import flask_openapi3_rapidoc
from flask import Blueprint, Flask, Response, redirect, render_template, request, send_from_directory, url_for
from flask_compress import Compress
from werkzeug.wrappers import Response as BaseResponse

from api.openapi.document import PAGES, Operation
from api.passwords.policy import PasswordPolicy
from api.reset.policy_view import REASONS
from api.settings import ApiSettings
from api.web.answers import request_language
from shared.languages import language_values, lifetime, tag

_RAPIDOC = Path(flask_openapi3_rapidoc.__file__).parent / "templates" / "rapidoc" / "js"
_PAGE = {200: None}  # An HTML page, in the OpenAPI document.


def register_pages(app: Flask, settings: ApiSettings, policy: PasswordPolicy) -> None:
    """Add the pages."""
    folders: dict[str, Any] = {"template_folder": "templates", "static_folder": "static", "static_url_path": "/static"}
    site = Blueprint("pages", __name__, **folders)
    compress = Compress(app)
    site.after_request(lambda response: _smaller(response, compress))
    site.context_processor(lambda: _on_every_page(settings))

    @site.get("/")
    def front() -> BaseResponse:
        return redirect(url_for("pages.forgot_page", **_chosen_language()))

    @site.get("/forgot-password")
    @Operation("forgotPage", "Show the forgot page", PAGES, _PAGE)
    def forgot_page() -> str:
        """Show the page that asks for an email address."""
        return render_template("forgot.html", lifetime=lifetime(settings.reset_token_max_age))

    @site.get("/reset-password")
    @Operation("resetPage", "Show the reset page", PAGES, _PAGE)
    def reset_page() -> str:
        """Show the page for a new password. The link in the email leads here if `RESET_URL` names this page."""
        return render_template("reset.html", policy=policy, reasons=REASONS)

    _add_documentation(site, settings)
    app.register_blueprint(site)


def _add_documentation(site: Blueprint, settings: ApiSettings) -> None:
    @site.get("/docs")
    def docs_page() -> str:
        return render_template("docs.html", color=settings.brand_color, dark_color=settings.dark_brand_color)

    @site.get("/docs/rapidoc.js")
    def rapidoc() -> Response:
        return send_from_directory(_RAPIDOC, "rapidoc-min.js")


def _smaller(response: Response, compress: Compress) -> Response:
    # Read the whole file first: Flask-Compress does not close the file of a streamed response.
    response.direct_passthrough = False
    response.make_sequence()
    return compress.after_request(response)


def _on_every_page(settings: ApiSettings) -> dict[str, Any]:
    """Return the values that every template gets: branding and language."""
    return {
        "product": settings.product_name,
        "support": settings.support_email,
        "sign_in_url": settings.sign_in_url,
        **language_values(request_language()),
        "chosen": _chosen_language(),
    }


def _chosen_language() -> dict[str, Any]:
    """Return the `locale` parameter for links, if the page's address has one, so that links keep that language."""
    return {"locale": tag(request_language())} if "locale" in request.args else {}
