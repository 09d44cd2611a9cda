"""`python -m dev.tools.typescript_client`: write clients/typescript/latchkey.ts from the OpenAPI document."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.app import create_app
from api.settings.settings import ApiSettings
from dev.stack.home import PROJECT

CLIENT = PROJECT / "clients" / "typescript" / "latchkey.ts"
TAG = "Passwords"  # The other tags are for browsers and load balancers.
# Placeholders: the app connects to nothing, and none of these values appear in the document.
SETTINGS = {
    "SECRET_KEY": "no-key-is-needed-to-describe-the-interface",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "DATABASE_URL": "sqlite:////nowhere",
    "USERS_HASH_FORMAT": "bcrypt",
}
NEVER = {"415"}  # The client always sends the right Content-Type.
RETRY_AFTER = {"type": "integer", "description": "Seconds to wait, from the Retry-After header."}
_NAMES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}

Json = dict[str, Any]


class Call(NamedTuple):
    """A method of the client, made from an operation of the document."""

    name: str
    about: str
    method: str
    path: str
    body: str
    good: str
    problems: dict[str, str]

    @property
    def result(self) -> str:
        """The name of its result type."""
        return f"{self.name[0].upper()}{self.name[1:]}Result"


def document() -> Json:
    """Return the OpenAPI document of a service with default settings."""
    app = create_app(ApiSettings.load(SETTINGS))
    found: Json = json.loads(app.test_client().get("/openapi.json").data)
    return found


def client(openapi: Json) -> str:
    """Return the client's source code."""
    schemas = openapi["components"]["schemas"]
    operations = [
        (path, method, operation)
        for path, item in openapi["paths"].items()
        for method, operation in item.items()
        if TAG in operation["tags"]
    ]
    calls = [_call(path, method, operation, schemas) for path, method, operation in operations]
    named = {name for call in calls for name in (call.body, call.good, *call.problems.values()) if name}
    used = _used(named, schemas)
    templates = Environment(  # noqa: S701 - The output is not HTML.
        loader=FileSystemLoader(Path(__file__).parent / "templates"), undefined=StrictUndefined, trim_blocks=True
    )
    templates.filters["type"] = type_of
    shown = {name: schema for name, schema in schemas.items() if name in used}
    waits = {int(status) for each in operations for status, answer in each[2]["responses"].items() if _waits(answer)}
    template = templates.get_template("latchkey.ts")
    return template.render(version=openapi["info"]["version"], schemas=shown, calls=calls, waits=waits)


def type_of(schema: Json) -> str:
    """Return the TypeScript type of a schema."""
    if "$ref" in schema:
        return _name(schema)
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if schema["type"] == "array":
        return f"Array<{type_of(schema['items'])}>"
    return _NAMES[schema["type"]]


def _call(path: str, method: str, operation: Json, schemas: Json) -> Call:
    good, *bad = (answer for status, answer in operation["responses"].items() if status not in NEVER)
    problems = {}
    for answer in bad:
        for name in map(_name, _alternatives(answer)):
            problems[schemas[name]["properties"]["code"]["const"]] = name
            if _waits(answer):
                schemas[name]["properties"]["retryAfter"] = RETRY_AFTER
                schemas[name]["required"] = {*schemas[name]["required"], "retryAfter"}
    return Call(
        name=operation["operationId"],
        about=operation["description"],
        method=method.upper(),
        path=path,
        body=_name(_alternatives(operation["requestBody"])[0]) if "requestBody" in operation else "",
        good=_name(_alternatives(good)[0]),
        problems=problems,
    )


def _waits(answer: Json) -> bool:
    return "Retry-After" in answer["headers"]


def _alternatives(described: Json) -> list[Json]:
    (content,) = described["content"].values()
    found: list[Json] = content["schema"].get("oneOf", [content["schema"]])
    return found


def _name(reference: Json) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _used(names: set[str], schemas: Json) -> set[str]:
    """Return the names together with the names of all schemas that they refer to."""
    needed = set(re.findall(r"#/components/schemas/(\w+)", json.dumps([schemas[name] for name in names], default=list)))
    return names if needed <= names else _used(names | needed, schemas)


if __name__ == "__main__":
    CLIENT.parent.mkdir(parents=True, exist_ok=True)
    CLIENT.write_text(client(document()), encoding="utf-8")
