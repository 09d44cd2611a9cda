"""GET /openapi.json: the views' descriptions, and the document that `make client` generates from them."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, NamedTuple

from flask import Flask, Response
from pydantic import BaseModel

from api.problems import ProblemType

PASSWORDS, PAGES, HEALTH = "Passwords", "Pages", "Health"


class Operation(NamedTuple):
    """A decorator that attaches to a view what the document says of it, besides the view's docstring.

    answers: an example for each status, whose model is the schema; None means an HTML page.
    problems: those besides what every operation with a body may answer.
    takes: an example of the body.
    """

    name: str
    summary: str
    tag: str
    answers: Mapping[int, BaseModel | None]
    problems: tuple[ProblemType, ...] = ()
    takes: BaseModel | None = None

    def __call__(self, view: Any) -> Any:
        """Attach this description to the view."""
        view.operation = self
        return view


def register_openapi(app: Flask, product_name: str) -> None:
    """Add the endpoint that serves the document."""
    body = app.json.dumps(read_document(product_name), separators=(",", ":")) + "\n"

    @app.get("/openapi.json")
    def openapi() -> Response:
        return Response(body, content_type="application/json")


def read_document(product_name: str) -> dict[str, Any]:
    """Read the document, and name the product in it."""
    found: dict[str, Any] = json.loads((files("api.openapi") / "openapi.json").read_text(encoding="utf-8"))
    found["info"]["title"] = f"{product_name}: API for forgotten passwords"
    return found
