"""Every kind of bad input gets a problem document, never a 500, and costs no job and no quota."""

import json
from io import BytesIO
from typing import Any

import pytest

from tests.conftest import MakeService
from tests.support.service import Service

JSON = "application/json"
NO_OBJECT = [
    b"",
    b"email=anna@example.com",
    b'{"email": "anna@example.com"',
    json.dumps(json.dumps({"email": "anna@example.com"})).encode(),
    b'{"email": "anna@example.com", "email": "bert@example.com"}',
    b'{"email": NaN}',
    b'["anna@example.com"]',
    b"null",
    b"7",
    b"[" * 10_000,
    b"9" * 10_000,
    b'{"email": "\xff@example.com"}',
    '{"email": "anna@example.com"}'.encode("utf-16"),
]
BAD_EMAILS: list[Any] = [
    None,
    7,
    True,
    ["anna@example.com"],
    {"address": "anna@example.com"},
    "",
    " ",
    "anna",
    "anna@",
    "@example.com",
    "anna@example.com,bert@example.com",
    "anna@example.com bert@example.com",
    "anna@example.com;bert@example.com",
    "anna@bert@example.com",
    "Anna <anna@example.com>",
    "anna@example.com\r\nBcc: bert@example.com",
    "anna@example.com\nbert@example.com",
    "an\x00na@example.com",
    "an\x07na@example.com",
    "anna@example.com\u2028bert@example.com",
    "anna@exa mple.com",
    "anna@-example-.com",
    "\ud800@example.com",
    "a" * 288 + "@example.com",
    "a" * 65 + "@example.com",
]


@pytest.fixture
def service(share_service: MakeService) -> Service:
    """One service for all tests in this file: none of them changes it."""
    return share_service()


def problem(answer: Any) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == answer.status_code
    return answer.status_code, answer.json["code"]


def nothing_happened(service: Service) -> bool:
    return service.redis.keys("*") == []


@pytest.mark.parametrize("body", NO_OBJECT, ids=range(len(NO_OBJECT)))
@pytest.mark.parametrize("path", ["/forgot-password", "/reset-password", "/reset-password/check"])
def test_a_body_that_is_not_a_json_object_is_refused(service: Service, path: str, body: bytes) -> None:
    answer = service.client.post(path, data=body, content_type=JSON)

    assert problem(answer) == (422, "invalid_request")
    assert nothing_happened(service)


@pytest.mark.parametrize("email", BAD_EMAILS, ids=range(len(BAD_EMAILS)))
def test_an_invalid_address_is_refused_and_its_field_named(service: Service, email: Any) -> None:
    answer = service.client.post("/forgot-password", data=json.dumps({"email": email}), content_type=JSON)

    assert problem(answer) == (422, "invalid_request")
    assert answer.json is not None
    assert [error["field"] for error in answer.json["errors"]] == ["email"]
    assert nothing_happened(service)


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_another_content_type_is_refused(service: Service, content_type: str | None) -> None:
    answer = service.client.post("/forgot-password", data=b'{"email": "a@example.com"}', content_type=content_type)

    assert problem(answer) == (415, "unsupported_media_type")
    assert nothing_happened(service)


def test_a_charset_in_the_content_type_is_accepted(service: Service) -> None:
    body = b'{"email": "anna@example.com"}'

    assert service.client.post("/forgot-password", data=body, content_type=f"{JSON}; charset=utf-8").status_code == 202


@pytest.mark.parametrize("size", [16 * 1024 + 1, 1_000_000])
def test_a_large_body_is_refused_whatever_its_type(service: Service, size: int) -> None:
    answers = [
        service.client.post("/forgot-password", data=b"x" * size, content_type=kind) for kind in (JSON, "text/x")
    ]

    assert [problem(answer) for answer in answers] == [(413, "body_too_large")] * 2
    assert nothing_happened(service)


def test_a_large_chunked_body_is_refused_and_not_truncated(service: Service) -> None:
    body = b'{"email": "anna@example.com"}' + b" " * 17_000 + b"and more"
    options: Any = {
        "input_stream": BytesIO(body),
        "content_type": JSON,
        "environ_overrides": {"wsgi.input_terminated": True},
    }

    answer = service.client.post("/forgot-password", **options)

    assert problem(answer) == (413, "body_too_large")
    assert nothing_happened(service)


def test_a_small_chunked_body_is_accepted(service: Service) -> None:
    body = b'{"email": "anna@example.com"}'
    options: Any = {
        "input_stream": BytesIO(body),
        "content_type": JSON,
        "environ_overrides": {"wsgi.input_terminated": True},
    }

    assert service.client.post("/forgot-password", **options).status_code == 202


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/forgot-password", {}, "email"),
        ("/forgot-password", {"email": "anna@example.com", "admin": True}, "admin"),
        ("/forgot-password", {"email": "anna@example.com", "captchaToken": "x"}, "captchaToken"),
        ("/forgot-password", {"email": "anna@example.com", "cf-turnstile-response": "x"}, "cf-turnstile-response"),
        ("/forgot-password", {"email": "anna@example.com", "x" * 64: "x"}, "x" * 64),
        ("/forgot-password", {"email": "anna@example.com", "x" * 65: "x"}, ""),
        ("/forgot-password", {"email": "anna@example.com", "<b>": 1, "a b": 1, "": 1, "ä": 1, "a\n": 1}, ""),
        ("/forgot-password", {"email": "anna@example.com", "locale": 7}, "locale"),
        ("/forgot-password", {"email": "anna@example.com", "locale": "de\r\nX: y"}, "locale"),
        ("/reset-password", {"password": "correct horse battery"}, "token"),
        ("/reset-password", {"token": "x"}, "password"),
        ("/reset-password", {"token": None, "password": "correct horse battery"}, "token"),
        ("/reset-password", {"token": ["x"], "password": "correct horse battery"}, "token"),
        ("/reset-password", {"token": "", "password": "correct horse battery"}, "token"),
        ("/reset-password", {"token": "x" * 1025, "password": "correct horse battery"}, "token"),
        ("/reset-password", {"token": "x", "password": 7}, "password"),
        ("/reset-password", {"token": "x", "password": "x" * 10_000}, "password"),
        ("/reset-password", {"token": "x", "password": "correct horse battery", "email": "a@example.com"}, "email"),
        ("/reset-password/check", {}, "token"),
        ("/reset-password/check", {"token": "x", "password": "y"}, "password"),
    ],
)
def test_missing_unknown_and_wrong_fields_are_named(service: Service, path: str, body: Any, field: str) -> None:
    answer = service.client.post(path, json=body)

    assert problem(answer) == (422, "invalid_request")
    assert answer.json is not None
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert nothing_happened(service)


def test_a_thousand_unknown_fields_make_no_long_answer(service: Service) -> None:
    body = {"email": "anna@example.com"} | {f"field{number}": 1 for number in range(1000)}

    answer = service.client.post("/forgot-password", json=body)

    assert answer.json is not None
    assert len({error["field"] for error in answer.json["errors"]} & body.keys()) == len(answer.json["errors"]) == 8


def test_an_answer_never_repeats_what_was_sent(service: Service) -> None:
    secret = "s3cr3t-that-was-sent"
    bodies = [{"email": secret}, {"email": [secret]}, {secret: secret, "email": "anna@example.com"}, {"locale": secret}]

    answers = [service.client.post("/forgot-password", json=body) for body in bodies]
    answers += [service.client.post("/reset-password", json={"token": secret, "password": secret})]
    answers += [service.client.post("/reset-password", json={"token": [secret], "password": {"x": secret}})]

    assert {answer.status_code for answer in answers} == {422, 400}
    assert not [answer for answer in answers if secret in answer.get_data(as_text=True)]


@pytest.mark.parametrize("token", ["x", "a.b.c", "\x00", "ä" * 100, ".." * 200, "e30.e30.e30"])
def test_a_malformed_token_is_refused_without_a_query(make_service: MakeService, token: str) -> None:
    service = make_service(create_table=False)

    answer = service.reset(token)

    assert problem(answer) == (400, "invalid_or_expired_token")


def test_a_password_that_is_too_long_for_bcrypt_is_refused_with_that_reason(service: Service) -> None:
    service.add_user("anna@example.com")
    token = service.link_for("anna@example.com")

    answer = service.reset(token, "ä" * 37)

    assert problem(answer) == (422, "weak_password")
    assert answer.json is not None
    assert answer.json["reasons"] == ["too_long"]
