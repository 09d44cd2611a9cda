"""The OpenAPI document: its examples are real answers of the API, and its names do not change by accident."""

from typing import Any

import jsonschema_rs
import pytest
from werkzeug.test import TestResponse

from api.web.json_request import MAX_BODY
from dev.tools.openapi_document import DOCUMENT, write
from tests.conftest import MakeService
from tests.support.servers import RedisServer
from tests.support.service import Service

ANNA = "anna@example.com"


def document(service: Service) -> dict[str, Any]:
    found = service.client.get("/openapi.json").json
    assert found is not None
    return dict(found)


def operations(service: Service) -> dict[str, dict[str, Any]]:
    items = document(service)["paths"].values()
    return {operation["operationId"]: operation for item in items for operation in item.values()}


def parts(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """List the JSON contents of an operation's request and responses."""
    described = [operation[name] for name in ("requestBody",) if name in operation]
    contents = [part["content"] for part in (*described, *operation["responses"].values())]
    return [value for content in contents for kind, value in content.items() if "json" in kind]


def example(service: Service, code: str) -> Any:
    """Return the document's example of a problem, which is the same in every operation."""
    examples = [part["examples"] for operation in operations(service).values() for part in parts(operation)]
    found = [shown["value"] for each in examples for shown in each.values() if shown["value"].get("code") == code]
    assert found
    assert all(value == found[0] for value in found)
    return found[0]


def test_the_committed_document_is_up_to_date() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == write(), "make client"


def test_operation_ids_summaries_and_tags_are_stable(service: Service) -> None:
    assert {name: operation["summary"] for name, operation in operations(service).items()} == {
        "forgotPassword": "Request a reset link",
        "resetPassword": "Set a new password",
        "checkLink": "Check a reset link",
        "passwordPolicy": "Get the password policy",
        "forgotPage": "Show the forgot page",
        "resetPage": "Show the reset page",
        "healthz": "Check that the process is alive",
        "readyz": "Check that requests are accepted",
    }
    assert [tag["name"] for tag in document(service)["tags"]] == ["Passwords", "Pages", "Health"]


def test_every_request_and_response_has_an_example_that_matches_its_schema(service: Service) -> None:
    components = document(service)["components"]

    shown = [part for operation in operations(service).values() for part in parts(operation)]

    assert len(shown) > 20
    for part in shown:
        validator = jsonschema_rs.Draft202012Validator(part["schema"] | {"components": components})
        assert part["examples"]
        assert [value for value in part["examples"].values() if not validator.is_valid(value["value"])] == []


def test_every_operation_and_response_is_described(service: Service) -> None:
    for operation in operations(service).values():
        assert operation["description"].endswith(".")
        assert "<br" not in operation["description"]
        assert all(len(answer["description"]) > 1 for answer in operation["responses"].values())


def test_the_document_is_the_same_on_every_request(service: Service) -> None:
    assert document(service) == document(service)


@pytest.mark.parametrize(
    ("status", "code", "options"),
    [
        (400, "invalid_or_expired_token", {"json": {"token": "x", "password": "y"}}),
        (413, "body_too_large", {"data": b" " * (MAX_BODY + 1), "content_type": "application/json"}),
        (415, "unsupported_media_type", {"data": b"token=x", "content_type": "text/plain"}),
        (422, "invalid_request", {"json": []}),
    ],
)
def test_a_documented_problem_is_the_actual_answer(
    service: Service, status: int, code: str, options: dict[str, Any]
) -> None:
    same(service, service.client.post("/reset-password", **options), status, code)


def test_a_refused_password_gets_the_documented_problem(service: Service) -> None:
    service.add_user(ANNA)

    answer = service.reset(service.link_for(ANNA), "Anna@Example.com\x00")

    assert answer.json is not None
    shown = example(service, "weak_password")
    assert shown.keys() == answer.json.keys()
    assert shown["title"] == answer.json["title"]


def test_a_client_over_its_limit_gets_the_documented_problem(make_service: MakeService) -> None:
    service = make_service(FORGOT_LIMIT_PER_IP="1/day")
    service.forgot(ANNA)

    same(service, service.forgot(ANNA), 429, "rate_limited")


def test_an_unavailable_service_gives_the_documented_problem(make_service: MakeService, own_redis: RedisServer) -> None:
    service = make_service(REDIS_URL=own_redis.url)
    own_redis.stop()
    try:
        same(service, service.forgot(ANNA), 503, "unavailable")
    finally:
        own_redis.start()


def test_documented_success_answers_are_the_actual_ones(service: Service) -> None:
    service.add_user(ANNA)

    accepted, done = service.forgot(ANNA).json, service.reset(service.link_for(ANNA)).json

    for name, status, answer in (("forgotPassword", "202", accepted), ("resetPassword", "200", done)):
        (shown,) = operations(service)[name]["responses"][status]["content"]["application/json"]["examples"].values()
        assert shown["value"] == answer


def same(service: Service, answer: TestResponse, status: int, code: str) -> None:
    assert answer.status_code == status
    assert answer.json == example(service, code)
