"""`python -m dev.tools.openapi_document`: write the OpenAPI document, and the table of errors in docs/integrate.md.

The document is built from the views' `Operation` decorators, their models and api/problems.py.
"""

import inspect
import json
from collections import defaultdict
from itertools import groupby
from operator import attrgetter
from typing import Annotated, Any, Literal

from flask import Flask
from pydantic import BaseModel, Field, create_model
from pydantic.json_schema import models_json_schema

from api import problems
from api.app import create_app
from api.openapi.document import HEALTH, PAGES, PASSWORDS, Operation
from api.openapi.schemas import LocalizedAnswer
from api.passwords.policy import Reason
from api.problems import ProblemType
from api.settings.settings import ApiSettings
from dev.stack.home import PROJECT
from dev.tools.typescript_client import SETTINGS
from shared.languages import LANGUAGES, tag

DOCUMENT = PROJECT / "api" / "openapi" / "openapi.json"
GUIDE = PROJECT / "docs" / "integrate.md"
API_VERSION = "1.0"
ABOUT = """Request a reset link by email, check whether it is still valid, and set a new password with it.

- Bodies are JSON objects with exactly the documented fields. There are no cookies and no credentials.
- Every error is a problem document (RFC 9457). Rely on its `code`, which is stable; `title` is a message for users.
- For `429` and `503`, `Retry-After` is the number of seconds to wait.
- Texts and the email are in the language of the body's `locale`, of `?locale=`, or of `Accept-Language`, in that order.
- Other web origins may call the API if `CORS_ORIGINS` lists them, and may read `Retry-After` and `X-Request-ID`.
"""
PROBLEMS = [each for each in vars(problems).values() if isinstance(each, ProblemType)]
_TAGS = {
    PASSWORDS: "The calls for a frontend.",
    PAGES: "The hosted pages, which use the API.",
    HEALTH: "For load balancers and supervisors.",
}
# The problems of every operation that takes a body.
_WITH_BODY = (
    *(problems.BODY_TOO_LARGE, problems.NOT_JSON, problems.INVALID_REQUEST),
    *(problems.RATE_LIMITED, problems.UNAVAILABLE),
)
_HEADING = "| code | status | when | what to show |\n| --- | --- | --- | --- |\n"
_SCHEMAS = "#/components/schemas/"
_ACCEPT_LANGUAGE = {
    "name": "Accept-Language",
    "in": "header",
    "description": "The language of the response's texts and of the email. `locale` in the body takes precedence.",
    "required": False,
    "schema": {"type": "string"},
    "example": "en-GB, en;q=0.9",
}

Json = dict[str, Any]


class Problem(BaseModel):
    """An error (RFC 9457). Rely on its `code`, which is stable, not on its texts."""

    type: str = Field(default="about:blank")
    title: str = Field(description="A message for users, in the language of the request.")
    status: int
    code: str


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str = Field(
        description="Its name; empty for the body as a whole, and for an unknown field with a strange name."
    )
    reason: str = Field(description="What is wrong, in the language of the request.")


_MEMBERS = {"errors": list[FieldError], "reasons": Annotated[list[Reason], Field(description="One or more reasons.")]}


def openapi_document(app: Flask) -> Json:
    """Build the OpenAPI document of an app."""
    paths: Json = defaultdict(dict)
    models: set[type[BaseModel]] = {Problem}
    for rule in app.url_map.iter_rules():
        view: Any = app.view_functions[rule.endpoint]
        if hasattr(view, "operation"):
            examples = _examples(view.operation)
            models |= {type(example) for each in examples.values() for example in each if example}
            method = "post" if "POST" in (rule.methods or ()) else "get"
            paths[rule.rule][method] = _described(view, examples)
            if body := view.operation.takes:
                paths[rule.rule][method]["requestBody"] = {"required": True, **_content(body)}
                models.add(type(body))
    _, schemas = models_json_schema([(each, "serialization") for each in models], ref_template=_SCHEMAS + "{model}")
    return {
        "openapi": "3.1.0",
        "info": {"title": "", "version": API_VERSION, "description": ABOUT},
        "servers": [{"url": ".", "description": "Where this document is."}],
        "tags": [{"name": name, "description": about} for name, about in _TAGS.items()],
        "paths": paths,
        "components": {"schemas": schemas["$defs"], "securitySchemes": {}},
    }


def _examples(operation: Operation) -> dict[int, list[Any]]:
    """Return examples of an operation's responses, grouped by status."""
    promised = (*_WITH_BODY, *operation.problems) if operation.takes else operation.problems
    by_status = groupby(sorted(promised, key=attrgetter("status")), attrgetter("status"))
    refusals = {status: [_example(each) for each in group] for status, group in by_status}
    return {status: [answer] for status, answer in operation.answers.items()} | refusals


def _example(problem: ProblemType) -> Any:
    """Return an example of a problem. Its model has a constant status and code, so that clients can tell it apart."""
    fields: Json = {"status": Literal[problem.status], "code": Literal[problem.code]}
    fields |= {name: _MEMBERS[name] for name in problem.example}
    always = {"json_schema_serialization_defaults_required": True}  # Its `type`, too.
    model = create_model(problem.schema, __base__=Problem, __doc__=problem.about, __cls_kwargs__=always, **fields)
    return model(**problem.document(**problem.example))


def _described(view: Any, examples: dict[int, list[Any]]) -> Json:
    operation: Operation = view.operation
    headers = {status: _headers(status, each[0]) for status, each in examples.items()}
    described: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": inspect.getdoc(view),
        "tags": [operation.tag],
        "responses": {
            str(status): {**_content(*each), "headers": headers[status]} for status, each in examples.items()
        },
    }
    if any("Content-Language" in each for each in headers.values()):
        described["parameters"] = [_ACCEPT_LANGUAGE]
    return described


def _content(*examples: Any) -> Json:
    """Describe a body by an example of each of its schemas. Only problems have more than one."""
    if examples == (None,):
        return {"description": "OK", "content": {"text/html": {"schema": {"type": "string"}}}}
    references = {type(example).__name__: _SCHEMAS + type(example).__name__ for example in examples}
    schemas = [{"$ref": reference} for reference in references.values()]
    schema: Json = schemas[0]
    if len(examples) > 1:
        codes = dict(zip((example.code for example in examples), references.values(), strict=True))
        schema = {"oneOf": schemas, "discriminator": {"propertyName": "code", "mapping": codes}}
    values = [{"value": example.model_dump(mode="json", exclude_unset=True)} for example in examples]
    content = {"schema": schema, "examples": dict(zip(references, values, strict=True))}
    media_type = "application/problem+json" if isinstance(examples[0], Problem) else "application/json"
    about = " Or: ".join(inspect.getdoc(type(example)) or "" for example in examples)
    return {"description": about, "content": {media_type: content}}


def _headers(status: int, example: Any) -> Json:
    headers: Json = {"X-Request-ID": ("Also in the log lines about the request.", {"type": "string"})}
    if isinstance(example, Problem | LocalizedAnswer):
        languages = [tag(code) for code in LANGUAGES]
        headers["Content-Language"] = ("The language of its texts.", {"type": "string", "enum": languages})
    if isinstance(example, Problem) and any(each.retry_after for each in PROBLEMS if each.status == status):
        headers["Retry-After"] = ("Seconds to wait.", {"type": "integer", "minimum": 1})
    return {
        name: {"description": about, "required": True, "schema": schema} for name, (about, schema) in headers.items()
    }


def with_errors(guide: str) -> str:
    """Return the guide with an updated table of errors. The last column, what to show, is written by hand and kept."""
    start = guide.index(_HEADING) + len(_HEADING)
    old = guide[start : guide.index("\n\n", start)]
    shown = {row.split("|")[1].strip(" `"): row.split("|")[4].strip() for row in old.splitlines()}
    found = [(each.code, str(each.status), each.about) for each in PROBLEMS]
    found.append(("http_...", "any other", problems.of_http(0).about))
    rows = (f"| `{code}` | {status} | {about} | {shown.get(code, '`title`')} |" for code, status, about in found)
    return guide.replace(old, "\n".join(rows))


def write() -> str:
    """Return the current API's document as JSON."""
    app = create_app(ApiSettings.load(SETTINGS))
    return json.dumps(openapi_document(app), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(write(), encoding="utf-8")
    GUIDE.write_text(with_errors(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
