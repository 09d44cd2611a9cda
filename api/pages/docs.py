"""The page of the API's reference, made from the OpenAPI document. It needs no script."""

from flask import Blueprint
from markupsafe import Markup

from api.openapi.document import read_document
from api.openapi.reference import headers, reference
from api.pages.rendered import rendered


def add_docs(site: Blueprint, product_name: str) -> None:
    """Add the page."""
    document = read_document(product_name)
    values = {"about": document["info"]["description"], "groups": reference(document), "headers": headers(document)}
    site.add_app_template_filter(_marked, "marked")

    site.get("/docs", endpoint="docs_page")(rendered("docs.html", lambda: values))


def _marked(text: str) -> Markup:
    """Mark what stands between backticks as code."""
    parts = text.split("`")
    return Markup().join(Markup("<code>{}</code>").format(part) if odd % 2 else part for odd, part in enumerate(parts))
