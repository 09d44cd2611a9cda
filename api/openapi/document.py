"""GET /openapi.json: what the views say of themselves, and the document that `make client` writes from it."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, NamedTuple

from flask import Flask
from pydantic import BaseModel

from api.problems import ProblemType

PASSWORDS, PAGES, HEALTH = "Passwords", "Pages", "Health"


class Operation(NamedTuple):
    """What the document says of a view beside its docstring: a decorator that notes it at the view.

    answers: an example of each, whose model is the schema. None stands for a page of HTML.
    problems: those beside what every operation with a body may answer.
    takes: an example of the body.
    """

    name: str
    summary: str
    tag: str
    answers: Mapping[int, BaseModel | None]
    problems: tuple[ProblemType, ...] = ()
    takes: BaseModel | None = None

    def __call__(self, view: Any) -> Any:
        """Note it at the view."""
        view.operation = self
        return view


def register_openapi(app: Flask, product_name: str) -> None:
    """Add the endpoint of the document."""

    @app.get("/openapi.json")
    def openapi() -> dict[str, Any]:
        found: dict[str, Any] = json.loads((files("api.openapi") / "openapi.json").read_text(encoding="utf-8"))
        found["info"]["title"] = f"{product_name}: API for forgotten passwords"
        return found
