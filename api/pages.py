"""The hosted pages and the page of the API's documentation. GET never changes anything."""

from pathlib import Path
from typing import Any

import flask_openapi3_rapidoc
from flask import Response, redirect, render_template, send_from_directory, url_for
from flask_openapi3 import APIBlueprint, Tag
from werkzeug.wrappers import Response as BaseResponse

from api.settings import ApiSettings

_RAPIDOC = Path(flask_openapi3_rapidoc.__file__).parent / "templates" / "rapidoc" / "js"


_PAGE: dict[Any, Any] = {200: {"content": {"text/html": {"schema": {"type": "string"}}}}}


def pages(settings: ApiSettings) -> APIBlueprint:
    """Build the pages. Those that share a path with an operation stand in the OpenAPI document beside it."""
    folders: dict[str, Any] = {"template_folder": "templates", "static_folder": "static", "static_url_path": "/static"}
    site = APIBlueprint(
        "pages", __name__, abp_tags=[Tag(name="Pages", description="The hosted pages, which call the API.")], **folders
    )
    shown = {"product": settings.product_name, "support": settings.support_email}

    @site.get("/", doc_ui=False)
    def front() -> BaseResponse:
        return redirect(url_for("pages.forgot_page"))

    @site.get("/forgot-password", operation_id="forgotPage", summary="Show the forgot page", responses=_PAGE)
    def forgot_page() -> str:
        """Ask for an address."""
        return render_template("forgot.html", **shown)

    @site.get("/reset-password", operation_id="resetPage", summary="Show the reset page", responses=_PAGE)
    def reset_page() -> str:
        """Ask for a new password. The mail's link leads here if `RESET_URL` names this page."""
        return render_template("reset.html", min_length=settings.password_min_length, **shown)

    @site.get("/docs", doc_ui=False)
    def docs_page() -> str:
        colors = {"color": settings.brand_color, "dark_color": settings.dark_brand_color}
        return render_template("docs.html", **colors, **shown)

    @site.get("/docs/rapidoc.js", doc_ui=False)
    def rapidoc() -> Response:
        return send_from_directory(_RAPIDOC, "rapidoc-min.js")

    return site
