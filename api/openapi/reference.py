"""What the OpenAPI document says, as the page of the API's reference shows it."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

# As a frontend calls them. The others follow in the order of the document.
_ORDER = ("forgotPassword", "checkLink", "passwordPolicy", "resetPassword")
_LIMITS = {"minLength": "{} or more characters", "maxLength": "{} characters at most", "minimum": "{} or more"}

_ERRORS = "400"

Json = dict[str, Any]


class Field(NamedTuple):
    """A field of a body: its name, what it may hold, and what for."""

    name: str
    kind: str
    about: str


class Answer(NamedTuple):
    """An answer: its status, when it comes, its fields, its headers' names, and examples by the code of the problem."""

    status: str
    about: str
    fields: list[Field]
    headers: list[str]
    examples: dict[str, str]


class Call(NamedTuple):
    """An operation, with its call as curl and as JavaScript write it."""

    id: str
    method: str
    path: str
    summary: str
    about: str
    headers: list[Field]
    fields: list[Field]
    answers: list[Answer]
    curl: str
    fetch: str


def reference(document: Json) -> list[tuple[Json, list[Call]]]:
    """List the document's tags, each with its calls."""
    schemas = document["components"]["schemas"]
    found = [
        (operation, _call(method, path, operation, schemas))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    found.sort(key=lambda each: _ORDER.index(each[1].id) if each[1].id in _ORDER else len(_ORDER))
    return [(tag, [call for operation, call in found if tag["name"] in operation["tags"]]) for tag in document["tags"]]


def headers(document: Json) -> list[Field]:
    """List the headers that answers have."""
    found = {
        name: Field(name, _kind(header["schema"]), header["description"])
        for methods in document["paths"].values()
        for operation in methods.values()
        for answer in operation["responses"].values()
        for name, header in answer["headers"].items()
    }
    return list(found.values())


def _call(method: str, path: str, operation: Json, schemas: Json) -> Call:
    bodies = operation.get("requestBody", {}).get("content", {})
    content = bodies.get("application/json", {})
    example = next((each["value"] for each in content.get("examples", {}).values()), None)
    return Call(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        about=operation["description"],
        headers=[Field(each["name"], "optional", each["description"]) for each in operation.get("parameters", [])],
        fields=list(_fields(content.get("schema", {}), schemas)),
        answers=[_answer(status, each, schemas) for status, each in sorted(operation["responses"].items())],
        curl=_curl(path, example),
        fetch=_fetch(path, example),
    )


def _answer(status: str, answer: Json, schemas: Json) -> Answer:
    content = next(iter(answer["content"].values()))
    values = {name: each["value"] for name, each in content.get("examples", {}).items()}
    examples = {value.get("code", name): _pretty(value) for name, value in values.items()}
    alternatives = content["schema"].get("oneOf", [content["schema"]])
    fields = [field for schema in alternatives for field in _fields(schema, schemas)]
    if status >= _ERRORS:  # The members that every problem has stand in each example.
        fields = [field for field in fields if field.name not in schemas["Problem"]["properties"]]
    return Answer(status, answer["description"], fields, list(answer["headers"]), examples)


def _fields(schema: Json, schemas: Json, before: str = "") -> Iterator[Field]:
    """List the fields of a body, and those of the objects in it: `reasons[].code`."""
    model = schemas.get(schema.get("$ref", "").rpartition("/")[2], {})
    for name, field in model.get("properties", {}).items():
        kind = _kind(field) + ("" if name in model.get("required", ()) else ", optional")
        yield Field(before + name, kind, field.get("description", ""))
        if "items" in field:
            yield from _fields(field["items"], schemas, f"{before}{name}[].")


def _kind(schema: Json) -> str:
    choices = ", ".join(f"`{choice}`" for choice in schema.get("enum", []))
    limits = (text.format(schema[name]) for name, text in _LIMITS.items() if name in schema)
    return "; ".join(filter(None, [schema["type"], schema.get("format", ""), choices, *limits]))


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


# LATCHKEY is the address of the API, as in docs/integrate.md.
def _curl(path: str, example: Any) -> str:
    if example is None:
        return f"curl $LATCHKEY{path}"
    body = json.dumps(example, ensure_ascii=False).replace("'", r"'\''")
    return f"curl $LATCHKEY{path} \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'"


def _fetch(path: str, example: Any) -> str:
    if example is None:
        return f'const answer = await fetch(LATCHKEY + "{path}");'
    lines = [
        f'const answer = await fetch(LATCHKEY + "{path}", {{',
        '  method: "POST",',
        '  headers: { "Content-Type": "application/json" },',
        f"  body: JSON.stringify({json.dumps(example, ensure_ascii=False)}),",
        "});",
    ]
    return "\n".join(lines)
