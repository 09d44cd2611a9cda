"""What the OpenAPI document says of languages: the header that asks for one, and the one that names it."""

from typing import Any

from shared.languages import LANGUAGES, tag

_ACCEPT_LANGUAGE = {
    "name": "Accept-Language",
    "in": "header",
    "description": "The language of the answer's texts, and of the mail. `locale` in the body goes before it.",
    "required": False,
    "schema": {"type": "string"},
    "example": "en-GB, en;q=0.9",
}
_CONTENT_LANGUAGE = {
    "description": "The language of the texts in it.",
    "required": True,
    "schema": {"type": "string", "enum": [tag(code) for code in LANGUAGES]},
}
_WITH_TEXTS = {f"#/components/schemas/{name}" for name in ("Accepted", "Done", "Policy")}


def describe_languages(document: dict[str, Any]) -> None:
    """Name the two headers wherever an answer has texts for people."""
    for item in document["paths"].values():
        for operation in item.values():
            answers = list(filter(_has_texts, operation["responses"].values()))
            if answers:
                operation["parameters"] = [_ACCEPT_LANGUAGE]
            for answer in answers:
                answer["headers"]["Content-Language"] = _CONTENT_LANGUAGE


def _has_texts(answer: dict[str, Any]) -> bool:
    """Tell whether it is a problem document or one with a message."""
    contents: dict[str, Any] = answer.get("content", {})
    schemas = [content["schema"].get("$ref") for content in contents.values()]
    return "application/problem+json" in contents or not _WITH_TEXTS.isdisjoint(schemas)
