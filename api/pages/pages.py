"""The hosted pages and the page of the API's documentation. GET never changes anything."""

from pathlib import Path
from typing import Any

import flask_openapi3_rapidoc
from flask import Response, redirect, render_template, request, send_from_directory, url_for
from flask_babel import get_locale
from flask_compress import Compress
from flask_openapi3 import APIBlueprint, Tag
from werkzeug.wrappers import Response as BaseResponse

from api.passwords.policy import PasswordPolicy
from api.reset.policy_view import REASONS
from api.settings import ApiSettings
from shared.languages import direction, gap, lifetime, tag

_RAPIDOC = Path(flask_openapi3_rapidoc.__file__).parent / "templates" / "rapidoc" / "js"
_TAG = Tag(name="Pages", description="The hosted pages, which call the API.")
_PAGE: dict[Any, Any] = {200: {"content": {"text/html": {"schema": {"type": "string"}}}}}


def pages(settings: ApiSettings, policy: PasswordPolicy, compress: Compress) -> APIBlueprint:
    """Build the pages. Those that share a path with an operation stand in the OpenAPI document beside it."""
    folders: dict[str, Any] = {"template_folder": "templates", "static_folder": "static", "static_url_path": "/static"}
    site = APIBlueprint("pages", __name__, abp_tags=[_TAG], **folders)
    site.after_request(lambda response: _smaller(response, compress))
    site.context_processor(lambda: _on_every_page(settings))

    @site.get("/", doc_ui=False)
    def front() -> BaseResponse:
        return redirect(url_for("pages.forgot_page", **_chosen_language()))

    @site.get("/forgot-password", operation_id="forgotPage", summary="Show the forgot page", responses=_PAGE)
    def forgot_page() -> str:
        """Ask for an address."""
        return render_template("forgot.html", lifetime=lifetime(settings.reset_token_max_age))

    @site.get("/reset-password", operation_id="resetPage", summary="Show the reset page", responses=_PAGE)
    def reset_page() -> str:
        """Ask for a new password. The mail's link leads here if `RESET_URL` names this page."""
        return render_template("reset.html", policy=policy, reasons=REASONS)

    @site.get("/docs", doc_ui=False)
    def docs_page() -> str:
        return render_template("docs.html", color=settings.brand_color, dark_color=settings.dark_brand_color)

    @site.get("/docs/rapidoc.js", doc_ui=False)
    def rapidoc() -> Response:
        return send_from_directory(_RAPIDOC, "rapidoc-min.js")

    return site


def _smaller(response: Response, compress: Compress) -> Response:
    # Whole, and not as a stream: Flask-Compress does not close the file of one.
    response.direct_passthrough = False
    response.make_sequence()
    return compress.after_request(response)


def _on_every_page(settings: ApiSettings) -> dict[str, Any]:
    """Return what all templates know: whose pages they are, and the language they speak."""
    language = _language()
    return {
        "product": settings.product_name,
        "support": settings.support_email,
        "sign_in_url": settings.sign_in_url,
        "lang": tag(language),
        "dir": direction(language),
        "gap": gap(language),
        "chosen": _chosen_language(),
    }


def _chosen_language() -> dict[str, Any]:
    """Return the parameter by which links keep a language that the address names, as we write it."""
    return {"locale": tag(_language())} if "locale" in request.args else {}


def _language() -> str:
    return str(get_locale())
