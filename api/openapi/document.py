"""The OpenAPI document: what flask-openapi3 makes of the models, and what it does not know."""

from collections.abc import Iterator
from typing import Any

from flask_openapi3 import OpenAPI

from api.openapi.examples import EXAMPLES
from api.openapi.language_headers import describe_languages
from api.openapi.problems import problem_schemas

ABOUT = """Ask for a link by mail, look whether it is still good, set a new password with it.

- Bodies are JSON objects of exactly the fields named. There are no cookies and no credentials.
- Every error is a problem document (RFC 9457). Decide by its `code`, which is stable; `title` is a sentence for people.
- `429` and `503` say in `Retry-After` how many seconds to wait.
- Texts come in the language of the body's `locale`, of `?locale=`, or of `Accept-Language`, and so does the mail.
- Other web origins may call if `CORS_ORIGINS` names them, and read `Retry-After` and `X-Request-ID`.
"""
_ORDER = ("Passwords", "Pages", "Health")
_REQUEST_ID = {
    "description": "Stands in the log lines about the request too.",
    "required": True,
    "schema": {"type": "string"},
}


def openapi_document(app: OpenAPI) -> dict[str, Any]:
    """Return the document.

    flask-openapi3 gives a 422 to operations that take nothing, joins the lines of a docstring by <br/>, drops
    pydantic's `examples`, and does not know the header of every answer nor schemas that no model of an answer names.
    """
    document: dict[str, Any] = app.api_doc
    document["components"]["schemas"] |= problem_schemas()
    document["tags"].sort(key=lambda tag: _ORDER.index(tag["name"]))
    for item in document["paths"].values():
        for operation in item.values():
            operation["description"] = operation["description"].replace("<br/>", "\n")
            if "requestBody" not in operation:
                operation["responses"].pop("422", None)
            else:
                _describe(operation["requestBody"], document)
            for response in operation["responses"].values():
                response.setdefault("headers", {})["X-Request-ID"] = _REQUEST_ID
                _describe(response, document)
    describe_languages(document)
    return document


def _describe(part: dict[str, Any], document: dict[str, Any]) -> None:
    """Say what the schemas of a request or an answer say, and show an example of each."""
    (content,) = part["content"].values()
    if names := list(_named(content["schema"])):
        part["description"] = " Or: ".join(document["components"]["schemas"][name]["description"] for name in names)
        content.setdefault("examples", {name: {"value": EXAMPLES[name]} for name in names})


def _named(schema: dict[str, Any]) -> Iterator[str]:
    """List the names of the schemas that this one is, or is one of."""
    for part in schema.get("oneOf", [schema]):
        if "$ref" in part:
            yield part["$ref"].rpartition("/")[2]
