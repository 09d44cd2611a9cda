"""The hosted pages and the page of the API's documentation. GET never changes anything."""

from pathlib import Path

import flask_openapi3_rapidoc
from flask import Blueprint, redirect, render_template, send_from_directory, url_for
from flask.typing import ResponseReturnValue

from api.settings import ApiSettings

_RAPIDOC = Path(flask_openapi3_rapidoc.__file__).parent / "templates" / "rapidoc" / "js"


def pages(settings: ApiSettings) -> Blueprint:
    """Build the pages."""
    site = Blueprint("pages", __name__, template_folder="templates", static_folder="static", static_url_path="/static")
    shown = {"product": settings.product_name, "support": settings.support_email}

    @site.get("/")
    def front() -> ResponseReturnValue:
        return redirect(url_for("pages.forgot_page"))

    @site.get("/forgot-password")
    def forgot_page() -> ResponseReturnValue:
        return render_template("forgot.html", **shown)

    @site.get("/reset-password")
    def reset_page() -> ResponseReturnValue:
        return render_template("reset.html", min_length=settings.password_min_length, **shown)

    @site.get("/docs")
    def docs_page() -> ResponseReturnValue:
        return render_template("docs.html", **shown)

    @site.get("/docs/rapidoc.js")
    def rapidoc() -> ResponseReturnValue:
        return send_from_directory(_RAPIDOC, "rapidoc-min.js")

    return site
